#include "opting.h"

#include <string.h>

#include "redress/store/contact.h"

const char *rd_ctl_opted_out(struct rd_ctl_desk *desk, const char *contact)
{
	struct rd_err ignored = { 0 };
	bool out = false;

	if (contact == NULL || contact[0] == '\0' ||
		rd_contact_opted_out(desk->desk.db, contact, &out, &ignored) != RD_OK || !out)
		return NULL;
	if (strchr(contact, '@') != NULL)
		return "no automatic letter goes there (it called one spam, or `person opt-out`); "
		       "answer by hand";
	return "no text goes there (STOP, or `person opt-out`); tell the resident another way";
}
