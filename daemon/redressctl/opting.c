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
		return "it called a letter of ours spam: no automatic letter goes there; answer by "
		       "hand";
	return "this number said STOP: no text goes there; tell the resident another way";
}
