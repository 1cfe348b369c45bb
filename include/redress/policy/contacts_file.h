/* contacts_file: the landlord's list of residents, from CSV to checked values, and every fault with
 * its place. Pure.
 *
 * The first line names the columns, in any order: `name` (or `first name` and `last name`),
 * `email`, `phone`, `address`, `prefers`, `language`, `adjustments`, `restrictions`, `restrictions
 * until`, `landlord`, `tenure`, `reference`, and a few names that mean the same. Any other is a
 * fault unless it is ignored by name, so that a misspelt `adjustmants` is not silently lost. UTF-8,
 * with or without a byte order mark; another encoding is a fault of the file.
 *
 * A person is known by their reference, else their e-mail address, else their number: the same one
 * twice in a file is a fault. A line with neither address nor number is left out and counted:
 * nothing that comes in could be known by it.
 */
#ifndef REDRESS_POLICY_CONTACTS_FILE_H
#define REDRESS_POLICY_CONTACTS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/policy/resident.h"

#define RD_CONTACTS_FILE_BYTES_MAX (64u << 20)
#define RD_CONTACTS_ROWS_MAX	   250000
#define RD_CONTACTS_ARENA_BYTES	   (448u << 20) /* what such a file comes to, at most */
#define RD_CONTACTS_FAULTS_MAX	   1000		/* told; all are counted */
#define RD_CONTACT_NAME_MAX	   200
#define RD_CONTACT_ADDRESS_MAX	   500
#define RD_CONTACT_WORD_MAX	   100	/* language, tenure, reference */
#define RD_CONTACT_TEXT_MAX	   2000 /* adjustments, restrictions */

struct rd_contacts_fault {
	uint32_t line, column;
	const char *why;
};

struct rd_contacts_order {
	const char *landlord;	      /* of lines that name none */
	const char *const *landlords; /* that a line may name */
	size_t n_landlords;
	const char *const *ignore; /* columns that are not wanted */
	size_t n_ignore;
};

struct rd_contacts_file {
	struct rd_resident *residents; /* those without a fault */
	size_t n;
	size_t n_lines;	   /* all but the head */
	size_t n_left_out; /* neither address nor number */
	struct rd_contacts_fault *faults;
	size_t n_faults; /* told */
	size_t n_faulty; /* lines with a fault */
	bool unusable;	 /* encoding, columns or form: no line can be trusted */
};

/* RD_E_RANGE: more lines than may be, or than the arena holds. Faults are no failure. */
RD_MUST_USE enum rd_rc rd_contacts_parse(const char *text, size_t len,
	const struct rd_contacts_order *order, struct rd_arena *arena,
	struct rd_contacts_file *ret_file, struct rd_err *err);

#endif
