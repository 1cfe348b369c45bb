/* contacts: a file of residents taken in, with its audit row (counts alone, no word of a person).
 *
 * The file was read and checked whole before (policy/contacts_file.h), so that nothing of a bad one
 * comes in. It is written in short transactions, so that a daemon at work waits for none of them;
 * an import that is cut off is finished by running it again.
 */
#ifndef REDRESS_GATEWAY_CONTACTS_H
#define REDRESS_GATEWAY_CONTACTS_H

#include "redress/gateway/office.h"
#include "redress/policy/contacts_file.h"
#include "redress/store/residents.h"

struct rd_contacts_import {
	const struct rd_contacts_file *file;
	bool dry_run;	 /* count only */
	bool replace;	 /* who is not in the file goes */
	bool accept;	 /* even if that is more than half of them */
	bool bring_back; /* also who was erased on request */
};

struct rd_contacts_imported {
	int64_t n[RD_N_RESIDENT_PUTS];
	int64_t n_dropped;
	int64_t n_kept;	      /* gone from the file, but on a case that is open or held */
	uint32_t erased_line; /* the first line of somebody who was erased; 0: none */
};

/* RD_E_REFUSED: `replace` would drop more than half of a landlord's residents; nothing was
 * changed. */
RD_MUST_USE enum rd_rc rd_contacts_import(struct rd_db *db, const struct rd_office *office,
	const struct rd_contacts_import *import, struct rd_contacts_imported *ret,
	struct rd_err *err);

#endif
