/* house_contacts: what the landlord's contacts file says of the residents. */
#ifndef REDRESS_SUPPORT_HOUSE_CONTACTS_H
#define REDRESS_SUPPORT_HOUSE_CONTACTS_H

#include "redress/gateway/contacts.h"
#include "support/house.h"

/* A file of one line: name, email, phone, prefers. */
static inline void house_known_as(struct house *h, const char *line)
{
	const struct rd_contacts_order order = { .landlord = "code-2024" };
	const struct rd_office staff = house_staff(h);
	const char *text = rd_arena_printf(h->arena, "name,email,phone,prefers\n%s\n", line);
	struct rd_contacts_import import = { .dry_run = false };
	struct rd_contacts_imported done;
	struct rd_contacts_file file;

	OK(rd_contacts_parse(text, strlen(text), &order, h->arena, &file, &h->err));
	import.file = &file;
	OK(rd_contacts_import(h->db, &staff, &import, &done, &h->err));
}

#endif
