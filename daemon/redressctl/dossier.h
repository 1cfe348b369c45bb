/* dossier: all that the store holds of one case, as files that are read without the gateway: the
 * evidence pack for the Ombudsman, and a case's part of what a person may ask for.
 *
 *	index.html       the thirteen parts, each with what is not held and why
 *	chronology.csv   every message, letter, note and act in order of time
 *	messages/        as they came: NNNNNN.eml, or .txt for a text
 *	pictures/        that came with texts
 *	letters/         as they were sent (or stand in the outbox)
 *	policy/          the landlord's profile in the version that the case opened under
 *	audit.jsonl      the audit's rows about the case
 *	SHA256SUMS       of all of them
 *
 * Of the resident's other cases nothing appears: links are left out, and a reference to another
 * case in staff's words or in the audit is blacked out and counted.
 */
#ifndef REDRESS_REDRESSCTL_DOSSIER_H
#define REDRESS_REDRESSCTL_DOSSIER_H

#include <stdio.h>

#include "desk.h"
#include "pack.h"
#include "redress/store/audit.h"
#include "redress/store/case_actions.h"
#include "redress/store/case_acts.h"
#include "redress/store/case_policy.h"
#include "redress/store/casebook.h"
#include "redress/store/labels.h"
#include "redress/store/ombudsman.h"
#include "redress/store/outbox.h"
#include "redress/store/tasks.h"

#define RD_DOSSIER_AUDIT_MAX 20000 /* rows of one case */

/* One line of the chronology. */
struct rd_dossier_event {
	int64_t at_ms;
	size_t order;
	const char *direction; /* "in", "out", "inside" */
	const char *channel, *from, *to, *summary;
	const char *file; /* "" none */
};

struct rd_dossier_message {
	int64_t id;
	bool erased, read;		 /* read: there is a reading of it */
	const struct rd_pack_file *file; /* NULL: erased */
};

struct rd_dossier {
	struct rd_ctl_desk *desk;
	struct rd_pack *pack;
	int64_t made_ms;
	struct rd_case c;
	const struct rd_policy *live; /* NULL: the landlord is not configured any more */
	struct rd_case_policy policy;
	struct rd_case_contact *contacts;
	struct rd_case_clock *clocks;
	struct rd_outbox_row *letters;
	const char **letter_files; /* by letter; "" none */
	struct rd_task *tasks;
	struct rd_note *notes;
	struct rd_audit_row *audit;
	struct rd_label *labels;
	struct rd_case_act *acts;
	struct rd_case_action *actions;
	struct rd_decree *decrees;
	size_t n_acts, n_actions, n_decrees;
	struct rd_dossier_message *messages;
	size_t n_contacts, n_clocks, n_letters, n_tasks, n_notes, n_audit, n_labels, n_messages;
	bool grew; /* it grew out of another case */
	struct rd_dossier_event *events;
	size_t n_events, events_max;
	struct rd_err trouble; /* code: what a page could not be printed for, RD_OK: nothing */
	size_t n_blacked;      /* references to other cases */
	size_t n_erased;
};

struct rd_dossier_sums {
	const char *reference; /* arena of the desk */
	size_t n_files, n_messages, n_letters;
	size_t n_erased, n_blacked;
};
/* The case into a folder that is new or empty. */
RD_MUST_USE enum rd_rc rd_dossier_write(struct rd_ctl_desk *desk, int64_t case_id, const char *dir,
	struct rd_dossier_sums *ret_sums, struct rd_err *err);

/* A message as it came, straight from the store into the file: a mail may be large. */
RD_MUST_USE enum rd_rc rd_dossier_put_raw(struct rd_db *db, struct rd_pack *pack, int64_t id,
	const char *path, const struct rd_pack_file **ret_file, struct rd_err *err);

/* Staff's words as they may leave: references to other cases blacked out. Arena of the desk. */
const char *rd_dossier_words(struct rd_dossier *d, const char *words);

/* dossier_page.c: index.html. */
void rd_dossier_print_page(struct rd_dossier *d, FILE *out);

#endif
