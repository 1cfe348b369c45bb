/* case_whole: everything about one case, read in one go, as `case show` tells it. */
#ifndef REDRESS_REDRESSCTL_CASE_WHOLE_H
#define REDRESS_REDRESSCTL_CASE_WHOLE_H

#include "desk.h"
#include "redress/policy/decision.h"
#include "redress/store/audit.h"
#include "redress/store/case_policy.h"
#include "redress/store/casebook.h"
#include "redress/store/erasure.h"
#include "redress/store/labels.h"
#include "redress/store/open311.h"
#include "redress/store/outbox.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

/* In the desk's arena. Zero it first. */
struct whole_case {
	struct rd_case c;
	struct rd_case_clock *clocks; /* those cancelled behind the others */
	struct rd_outbox_row *letters;
	struct rd_task *tasks;
	struct rd_note *notes;
	struct rd_case_linked *links;
	int64_t *messages;
	struct rd_audit_row *audit;
	struct rd_review *reviews; /* not yet decided */
	struct rd_label *labels;
	struct rd_case_policy policy; /* that it opened under; "" where that was not kept */
	struct rd_legal_hold hold;    /* at_ms 0: it is not kept for a court */
	struct rd_open311_row *requests;
	size_t n_requests;
	bool erased;
	size_t n_running; /* clocks not cancelled */
	size_t n_clocks, n_letters, n_tasks, n_notes, n_links, n_messages, n_audit, n_reviews,
		n_labels;
};

RD_MUST_USE enum rd_rc rd_ctl_whole_read(
	struct rd_ctl_desk *desk, int64_t id, struct whole_case *w, struct rd_err *err);

/* Why no letter went by itself when the message was decided; RD_WITHHELD_NO where one did, or where
 * it was decided together with another. */
enum rd_withheld rd_ctl_withheld_of(const struct whole_case *w, int64_t message_id);
/* How many came with it; 0 where that cannot be read. */
size_t rd_ctl_n_pictures(struct rd_ctl_desk *desk, int64_t message_id);

/* case_print.c: the parts of the page, in the order in which they stand. */
void rd_ctl_print_head(struct rd_ctl_desk *desk, const struct whole_case *w);
void rd_ctl_print_clocks(const struct whole_case *w);
void rd_ctl_print_letters_and_tasks(const struct whole_case *w);
void rd_ctl_print_messages(struct rd_ctl_desk *desk, const struct whole_case *w);

#endif
