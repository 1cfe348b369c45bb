/* case list, case show: what stands in the casebook, for people and for machines. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "case_life.h"
#include "command.h"
#include "desk.h"
#include "opting.h"
#include "open311.h"
#include "print.h"
#include "reading.h"
#include "redress/base/clock.h"
#include "redress/policy/decision.h"
#include "redress/store/audit.h"
#include "redress/store/case_policy.h"
#include "redress/store/casebook.h"
#include "redress/store/erasure.h"
#include "redress/store/outbox.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/labels.h"
#include "redress/store/review.h"
#include "redress/store/rulesets.h"
#include "redress/store/tasks.h"
#include "redress/store/text_media.h"
#include "resident_print.h"

#define AUDIT_ROWS_MAX 500

static json_t *clocks_json(const struct rd_case_clock *clocks, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
			json_pack("{s:s,s:o,s:o,s:o,s:o,s:s}", "clock", clocks[i].name, "starts",
				rd_json_day(clocks[i].starts), "due", rd_json_day(clocks[i].due),
				"at", rd_json_instant(clocks[i].due_ms), "met",
				rd_json_instant(clocks[i].met_ms), "source", clocks[i].source));
	return list;
}

static json_t *case_json(const struct rd_case *c, const struct rd_case_clock *clocks, size_t n)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:I}", "ref", c->reference,
		"kind", rd_kind_names[c->kind], "stage", rd_stage_names[c->stage], "status",
		rd_status_names[c->status], "channel", rd_case_channel_names[c->channel], "contact",
		rd_json_text(c->contact), "received", rd_json_instant(c->received_ms), "opened",
		rd_json_instant(c->opened_ms), "flags", rd_json_flags(c->flags), "clocks",
		clocks_json(clocks, n), "messages", (json_int_t)c->n_messages);
}

/* The soonest date that is still owed. */
static struct rd_date next_due(const struct rd_case_clock *clocks, size_t n)
{
	struct rd_date due = { 0 };

	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms == 0 && rd_date_is_set(clocks[i].due) &&
			(!rd_date_is_set(due) || rd_date_compare(clocks[i].due, due) < 0))
			due = clocks[i].due;
	return due;
}

static enum rd_rc list_cases(const struct rd_ctl *ctl, struct rd_ctl_desk *desk,
	const struct rd_case_filter *filter, struct rd_err *err)
{
	static const char *const heads[] = { "case", "kind", "stage", "status", "by", "opened",
		"next due", "subject", NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_case *cases;
	size_t n;

	RD_TRY(rd_case_list(desk->desk.db, filter, desk->arena, &cases, &n, err));
	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < n; i++) {
		struct rd_case_clock *clocks;
		size_t n_clocks;
		char day[20], opened[24];

		RD_TRY(rd_case_clocks(
			desk->desk.db, cases[i].id, desk->arena, &clocks, &n_clocks, err));
		if (listing.json != NULL)
			json_array_append_new(listing.json, case_json(&cases[i], clocks, n_clocks));
		rd_table_row(&listing.table,
			(const char *const[]){ cases[i].reference, rd_kind_names[cases[i].kind],
				rd_stage_names[cases[i].stage], rd_status_names[cases[i].status],
				rd_case_channel_names[cases[i].channel],
				rd_short_instant(cases[i].opened_ms, opened),
				rd_short_day(next_due(clocks, n_clocks), day), cases[i].subject });
	}
	rd_listing_show(&listing, "No cases.");
	return RD_OK;
}

static bool take_kind(const char *word, enum rd_kind *ret_kind)
{
	return rd_kind_parse(word, ret_kind);
}

static bool take_name(const char *word, const char *const *names, int *ret_index)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], word) == 0) {
			*ret_index = i;
			return true;
		}
	return false;
}

enum rd_exit rd_ctl_case_list(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "kind", required_argument, NULL, 'k' },
		{ "stage", required_argument, NULL, 's' },
		{ "status", required_argument, NULL, 't' }, { "open", no_argument, NULL, 'o' },
		{ "contact", required_argument, NULL, 'c' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_case_filter filter = { 0 };
	struct rd_err err = { 0 };
	enum rd_kind kind;
	enum rd_stage stage;
	enum rd_case_status status;
	int option, index = 0;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'k' && take_kind(optarg, &kind)) {
			filter.kind = &kind;
		} else if (option == 's' && take_name(optarg, rd_stage_names, &index)) {
			stage = (enum rd_stage)index;
			filter.stage = &stage;
		} else if (option == 't' && take_name(optarg, rd_status_names, &index)) {
			status = (enum rd_case_status)index;
			filter.status = &status;
		} else if (option == 'o') {
			filter.not_closed = true;
		} else if (option == 'c') {
			filter.address = optarg;
		} else if (option == 'k' || option == 's' || option == 't') {
			return rd_ctl_not_one_of(optarg, option == 'k'	 ? rd_kind_names
							 : option == 's' ? rd_stage_names
									 : rd_status_names);
		} else if (!rd_ctl_option(ctl, option)) {
			return rd_ctl_usage(ctl);
		}
	}
	if (optind < argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		list_cases(ctl, &desk, &filter, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return RD_EXIT_DONE;
}

/* --- show --- */

/* Everything about one case, read in one go. */
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

/* Those that run or were met first, those cancelled behind them; each in order of start. */
static enum rd_rc read_clocks(
	struct rd_ctl_desk *desk, int64_t id, struct whole_case *w, struct rd_err *err)
{
	struct rd_case_clock *all;
	size_t n;

	RD_TRY(rd_case_clocks_all(desk->desk.db, id, desk->arena, &all, &n, err));
	w->clocks = rd_arena_array(desk->arena, n + 1, sizeof *w->clocks);
	RD_ASSERT(w->clocks != NULL);
	for (size_t i = 0; i < n; i++)
		if (all[i].cancelled_ms == 0)
			w->clocks[w->n_running++] = all[i];
	w->n_clocks = w->n_running;
	for (size_t i = 0; i < n; i++)
		if (all[i].cancelled_ms != 0)
			w->clocks[w->n_clocks++] = all[i];
	return RD_OK;
}

static enum rd_rc read_policy(
	struct rd_ctl_desk *desk, int64_t id, struct whole_case *w, struct rd_err *err)
{
	enum rd_rc rc = rd_case_policy_get(desk->desk.db, id, desk->arena, &w->policy, err);

	if (rc == RD_E_MISSING)
		w->policy = (struct rd_case_policy){ .version = "", .ruleset = "" };
	return rc == RD_E_MISSING ? RD_OK : rc;
}

static enum rd_rc read_rights(
	struct rd_ctl_desk *desk, int64_t id, struct whole_case *w, struct rd_err *err)
{
	const enum rd_rc rc = rd_legal_hold_get(desk->desk.db, id, desk->arena, &w->hold, err);

	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	return rd_case_is_erased(desk->desk.db, id, &w->erased, err);
}

static enum rd_rc read_whole(
	struct rd_ctl_desk *desk, int64_t id, struct whole_case *w, struct rd_err *err)
{
	const struct rd_outbox_filter letters = { .case_id = id };
	struct rd_db *db = desk->desk.db;

	RD_TRY(rd_case_get(db, id, desk->arena, &w->c, err));
	RD_TRY(read_policy(desk, id, w, err));
	RD_TRY(read_rights(desk, id, w, err));
	RD_TRY(read_clocks(desk, id, w, err));
	RD_TRY(rd_review_list(db, id, false, desk->arena, &w->reviews, &w->n_reviews, err));
	RD_TRY(rd_label_list(db, 0, id, desk->arena, &w->labels, &w->n_labels, err));
	RD_TRY(rd_outbox_list(db, &letters, desk->arena, &w->letters, &w->n_letters, err));
	RD_TRY(rd_task_list_case(db, id, desk->arena, &w->tasks, &w->n_tasks, err));
	RD_TRY(rd_case_notes(db, id, desk->arena, &w->notes, &w->n_notes, err));
	RD_TRY(rd_case_links(db, id, desk->arena, &w->links, &w->n_links, err));
	RD_TRY(rd_case_messages(db, id, desk->arena, &w->messages, &w->n_messages, err));
	RD_TRY(rd_open311_list(db, id, desk->arena, &w->requests, &w->n_requests, err));
	return rd_audit_list(
		db, id, 0, 0, AUDIT_ROWS_MAX, desk->arena, &w->audit, &w->n_audit, err);
}

static const char *reference_of(struct rd_ctl_desk *desk, int64_t id)
{
	char *out = rd_arena_alloc(desk->arena, RD_REFERENCE_MAX);

	RD_ASSERT(out != NULL);
	rd_reference_format(id, rd_store_key(desk->store, RD_KEY_REFERENCE), out);
	return out;
}

static json_t *letters_json(const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_letters; i++)
		json_array_append_new(
			list, json_pack("{s:I,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "row",
				      (json_int_t)w->letters[i].id, "letter", w->letters[i].letter,
				      "state", rd_outbox_state_names[w->letters[i].state],
				      "written_for", rd_json_day(w->letters[i].written_for), "sent",
				      rd_json_instant(w->letters[i].sent_ms), "hold",
				      rd_json_text(w->letters[i].hold_reason), "trouble",
				      rd_json_text(w->letters[i].trouble), "delivery",
				      rd_json_text(w->letters[i].delivery)));
	return list;
}

static json_t *tasks_json(const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_tasks; i++)
		json_array_append_new(
			list, json_pack("{s:I,s:s,s:o,s:s,s:o,s:o}", "task",
				      (json_int_t)w->tasks[i].id, "kind", w->tasks[i].kind, "due",
				      rd_json_day(w->tasks[i].due), "text", w->tasks[i].text,
				      "done", rd_json_instant(w->tasks[i].done_ms), "done_by",
				      rd_json_text(w->tasks[i].done_by)));
	return list;
}

/* Why no letter went by itself when the message was decided; RD_WITHHELD_NO where one did, or where
 * it was decided together with another. */
static enum rd_withheld withheld_of(const struct whole_case *w, int64_t message_id)
{
	enum rd_withheld why = RD_WITHHELD_NO;

	for (size_t i = 0; i < w->n_audit; i++) {
		if (w->audit[i].message_id != message_id ||
			strcmp(w->audit[i].what, "decided") != 0)
			continue;
		json_t *detail = json_loads(w->audit[i].detail, 0, NULL);
		const char *name = json_string_value(json_object_get(detail, "withheld"));
		for (int k = 0; name != NULL && k < RD_N_WITHHELD; k++)
			if (strcmp(rd_withheld_names[k], name) == 0)
				why = (enum rd_withheld)k;
		json_decref(detail);
	}
	return why;
}

static size_t n_pictures(struct rd_ctl_desk *desk, int64_t message_id)
{
	struct rd_text_media *items;
	struct rd_err err = { 0 };
	size_t n = 0;

	if (rd_text_media_list(desk->desk.db, message_id, desk->arena, &items, &n, &err) != RD_OK)
		return 0;
	return n;
}

static json_t *messages_json(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_messages; i++) {
		struct rd_message_row row = { 0 };
		struct rd_message message = { 0 };
		struct rd_score score = { 0 };
		struct rd_err err = { 0 };
		const char *ruleset = NULL;
		const enum rd_withheld withheld = withheld_of(w, w->messages[i]);
		bool erased = false, read = false;

		if (rd_queue_show(desk->desk.db, w->messages[i], desk->arena, &row, &err) != RD_OK)
			continue;
		read = rd_reading_get(desk->desk.db, w->messages[i], desk->arena, &message, &score,
			       &ruleset, &erased, &err) == RD_OK;
		if (!read)
			memset(&message, 0, sizeof message);
		json_t *item = json_pack("{s:I,s:s,s:o,s:o,s:o,s:s}", "message", (json_int_t)row.id,
			"channel", row.channel == RD_CHANNEL_EMAIL ? "email" : "sms", "received",
			rd_json_instant(row.received_ms), "subject", rd_json_text(message.subject),
			"body", rd_json_text(message.body), "fate", rd_fate_names[row.fate.kind]);
		json_object_set_new(
			item, "kind", rd_json_text(read ? rd_kind_names[score.kind] : NULL));
		json_object_set_new(item, "score", read ? json_real(score.total) : json_null());
		json_object_set_new(
			item, "flags", read ? rd_json_flags(score.flags) : json_array());
		json_object_set_new(item, "hits",
			read ? rd_ctl_hits_json(&message, &score, desk->arena) : json_array());
		json_object_set_new(
			item, "pictures", json_integer((json_int_t)n_pictures(desk, row.id)));
		json_object_set_new(item, "sender", rd_sender_json(read ? &message : NULL));
		json_object_set_new(item, "form", rd_form_json(read ? &message : NULL));
		json_object_set_new(item, "withheld",
			rd_json_text(
				withheld != RD_WITHHELD_NO ? rd_withheld_names[withheld] : NULL));
		json_object_set_new(item, "withheld_why",
			rd_json_text(
				withheld != RD_WITHHELD_NO ? rd_withheld_words(withheld) : NULL));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *reviews_json(const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_reviews; i++) {
		const struct rd_review *review = &w->reviews[i];

		json_array_append_new(list,
			json_pack("{s:I,s:o,s:s,s:s,s:o}", "review", (json_int_t)review->id,
				"message",
				review->message_id != 0 ? json_integer(review->message_id)
							: json_null(),
				"best", rd_kind_names[review->best], "reasons", review->reasons,
				"since", rd_json_instant(review->created_ms)));
	}
	return list;
}

static json_t *labels_json(const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_labels; i++) {
		const struct rd_label *label = &w->labels[i];

		json_array_append_new(
			list, json_pack("{s:o,s:s,s:s,s:s,s:s,s:o,s:o}", "message",
				      label->message_id != 0 ? json_integer(label->message_id)
							     : json_null(),
				      "how", rd_label_how_names[label->how], "was",
				      rd_kind_names[label->was], "kind", rd_kind_names[label->kind],
				      "by", label->by, "at", rd_json_instant(label->at_ms), "why",
				      rd_json_text(label->why)));
	}
	return list;
}

static json_t *cancelled_json(const struct whole_case *w)
{
	json_t *list = clocks_json(w->clocks + w->n_running, w->n_clocks - w->n_running);

	for (size_t i = w->n_running; i < w->n_clocks; i++)
		json_object_set_new(json_array_get(list, i - w->n_running), "cancelled",
			rd_json_instant(w->clocks[i].cancelled_ms));
	return list;
}

static json_t *links_json(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_links; i++)
		json_array_append_new(
			list, json_pack("{s:s,s:s,s:b}", "ref", reference_of(desk, w->links[i].id),
				      "how", rd_link_names[w->links[i].how], "grew_from_here",
				      w->links[i].how == RD_LINK_GREW && w->links[i].from_here));
	return list;
}

static json_t *notes_json(const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_notes; i++)
		json_array_append_new(
			list, json_pack("{s:o,s:s,s:s}", "at", rd_json_instant(w->notes[i].at_ms),
				      "by", w->notes[i].by, "text", w->notes[i].text));
	return list;
}

static json_t *audit_json(const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_audit; i++)
		json_array_append_new(
			list, json_pack("{s:I,s:o,s:s,s:s,s:o}", "seq", (json_int_t)w->audit[i].seq,
				      "at", rd_json_instant(w->audit[i].at_ms), "actor",
				      w->audit[i].actor, "what", w->audit[i].what, "detail",
				      json_loads(w->audit[i].detail, 0, NULL)));
	return list;
}

static void show_json(struct rd_ctl_desk *desk, const struct whole_case *w, json_t *acts,
	json_t *actions, json_t *decrees)
{
	json_t *json = case_json(&w->c, w->clocks, w->n_running);

	json_object_set_new(json, "landlord", json_string(w->c.landlord));
	json_object_set_new(json, "contact_proposed", json_boolean(w->c.contact_proposed));
	json_object_set_new(
		json, "resident", rd_case_resident_json(desk, w->c.landlord, w->c.contact));
	json_object_set_new(
		json, "opted_out", json_boolean(rd_ctl_opted_out(desk, w->c.contact) != NULL));
	json_object_set_new(json, "topics", rd_json_words(w->c.topics, w->c.n_topics));
	json_object_set_new(json, "marks", rd_json_words(w->c.marks, w->c.n_marks));
	json_object_set_new(json, "outcome", rd_json_text(w->c.outcome));
	json_object_set_new(json, "definition", rd_json_text(w->c.definition));
	json_object_set_new(json, "handler", rd_json_text(w->c.handler));
	json_object_set_new(json, "held", json_boolean(w->c.held));
	json_object_set_new(json, "acknowledged", rd_json_instant(w->c.acknowledged_ms));
	json_object_set_new(json, "closed", rd_json_instant(w->c.closed_ms));
	json_object_set_new(json, "closed_why", rd_json_text(w->c.closed_why));
	json_object_set_new(json, "cancelled_clocks", cancelled_json(w));
	json_object_set_new(json, "reviews", reviews_json(w));
	json_object_set_new(json, "labels", labels_json(w));
	json_object_set_new(json, "policy_version", rd_json_text(w->policy.version));
	json_object_set_new(json, "policy_ruleset", rd_json_text(w->policy.ruleset));
	json_object_set_new(json, "legal_hold",
		w->hold.at_ms == 0
			? json_null()
			: json_pack("{s:o,s:s,s:s}", "since", rd_json_instant(w->hold.at_ms), "by",
				  w->hold.by, "why", w->hold.why));
	json_object_set_new(json, "erased", json_boolean(w->erased));
	json_object_set_new(json, "links", links_json(desk, w));
	json_object_set_new(json, "open311", rd_ctl_open311_json(desk, w->requests, w->n_requests));
	json_object_set_new(json, "letters", letters_json(w));
	json_object_set_new(json, "tasks", tasks_json(w));
	json_object_set_new(json, "notes", notes_json(w));
	json_object_set_new(json, "message_list", messages_json(desk, w));
	json_object_set_new(json, "acts", acts);
	json_object_set_new(json, "actions", actions);
	json_object_set_new(json, "ombudsman", decrees);
	json_object_set_new(json, "history", audit_json(w));
	rd_json_print(json);
}

static void print_words(const char *head, const char *const *words, size_t n)
{
	if (n == 0)
		return;
	printf("%-14s", head);
	for (size_t i = 0; i < n; i++)
		printf("%s%s", i > 0 ? ", " : "", words[i]);
	putchar('\n');
}

static void print_line(const char *head, const char *text)
{
	if (text != NULL && text[0] != '\0')
		printf("%-14s%s\n", head, text);
}

static const char *link_words(const struct rd_case_linked *link)
{
	if (link->how == RD_LINK_RELATED)
		return "possibly related";
	return link->from_here ? "it grew out of this case" : "this complaint grew out of it";
}

static void show_reviews(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	for (size_t i = 0; i < w->n_reviews; i++)
		printf("%-14sreview %" PRId64 ", probably %s: %s\n%-14s(redressctl review decide "
		       "%" PRId64 " --kind KIND --why TEXT)\n",
			"TO DECIDE", w->reviews[i].id, rd_kind_names[w->reviews[i].best],
			rd_ctl_in_one_line(desk, w->reviews[i].reasons), "", w->reviews[i].id);
}

/* What people said that it is. */
static void show_labels(const struct whole_case *w)
{
	char at[24];

	for (size_t i = 0; i < w->n_labels; i++) {
		const struct rd_label *label = &w->labels[i];

		printf("%-14s%s (taken for %s), by %s, %s%s%s\n", "corrected",
			rd_kind_names[label->kind], rd_kind_names[label->was], label->by,
			rd_short_instant(label->at_ms, at), label->why[0] != '\0' ? ": " : "",
			label->why);
	}
}

static void show_head(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	static const char *const stage_words[] = {
		[RD_STAGE_NONE] = "",
		[RD_STAGE_1] = ", stage 1",
		[RD_STAGE_2] = ", stage 2",
	};
	const char *flags[RD_N_FLAGS];
	char received[24];
	size_t n = 0;

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (w->c.flags[i])
			flags[n++] = rd_flag_names[i];
	printf("Case %s: %s%s, %s\n\n", w->c.reference, rd_kind_names[w->c.kind],
		stage_words[w->c.stage], rd_status_names[w->c.status]);
	print_line("received", rd_short_instant(w->c.received_ms, received));
	print_line("landlord", w->c.landlord);
	print_line("policy of", w->policy.version);
	print_line("by", rd_case_channel_names[w->c.channel]);
	print_line("from", w->c.contact_name);
	print_line("contact", w->c.contact);
	if (w->c.contact_proposed)
		print_line("NOT CONFIRMED",
			"only a colleague's forward names this contact: no letter goes there until "
			"a person says that it is the resident (outbox approve, case contact)");
	print_line("OPTED OUT", rd_ctl_opted_out(desk, w->c.contact));
	print_line("subject", w->c.subject);
	print_words("about", (const char *const *)w->c.topics, w->c.n_topics);
	print_words("flags", flags, n);
	print_words("marks", (const char *const *)w->c.marks, w->c.n_marks);
	print_line("wants", w->c.outcome);
	print_line("defined as", w->c.definition);
	print_line("handled by", w->c.handler);
	if (w->c.held)
		print_line("HELD",
			"safeguarding: no automatic letter goes until a person lifts this with a "
			"reason (case lift-hold)");
	print_line("hold lifted", w->c.hold_lifted_why);
	if (w->hold.at_ms != 0)
		printf("%-14sfor legal reasons, by %s: %s (case legal-hold)\n", "KEPT", w->hold.by,
			w->hold.why);
	if (w->erased)
		print_line("ERASED", "its words are gone; numbers, days and the audit stay");
	print_line("closed", w->c.closed_why);
	for (size_t i = 0; i < w->n_links; i++)
		printf("%-14s%s (%s)\n", "see also", reference_of(desk, w->links[i].id),
			link_words(&w->links[i]));
	rd_ctl_open311_print(w->requests, w->n_requests);
	show_labels(w);
	show_reviews(desk, w);
}

static const char *met_words(const struct rd_case_clock *clock, char out[static 40])
{
	char at[24];

	if (clock->cancelled_ms == 0)
		snprintf(out, 40, "%s", rd_short_instant(clock->met_ms, at));
	else
		snprintf(out, 40, "cancelled %s", rd_short_instant(clock->cancelled_ms, at));
	return out;
}

static void show_clocks(const struct whole_case *w)
{
	static const char *const heads[] = { "clock", "starts", "due", "met", "from", NULL };
	struct rd_table table;

	puts("\nClocks");
	rd_table_begin(&table, heads);
	for (size_t i = 0; i < w->n_clocks; i++) {
		char starts[20], due[20], at[24], met[40];

		rd_table_row(&table,
			(const char *const[]){ w->clocks[i].name,
				rd_short_day(w->clocks[i].starts, starts),
				w->clocks[i].due_ms != 0 ? rd_short_instant(w->clocks[i].due_ms, at)
							 : rd_short_day(w->clocks[i].due, due),
				met_words(&w->clocks[i], met), w->clocks[i].source });
	}
	rd_table_end(&table, "  none runs");
}

static void show_letters_and_tasks(const struct whole_case *w)
{
	static const char *const heads[] = { "row", "letter", "state", "written for", "sent",
		"note", NULL };
	static const char *const task_heads[] = { "task", "due", "done by", "what", NULL };
	struct rd_table table;
	char row[24], day[20], at[24];

	puts("\nLetters (redressctl outbox show ROW)");
	rd_table_begin(&table, heads);
	for (size_t i = 0; i < w->n_letters; i++) {
		const struct rd_outbox_row *letter = &w->letters[i];

		snprintf(row, sizeof row, "%" PRId64, letter->id);
		rd_table_row(&table, (const char *const[]){ row, letter->letter,
					     rd_outbox_state_names[letter->state],
					     rd_short_day(letter->written_for, day),
					     rd_short_instant(letter->sent_ms, at),
					     letter->hold_reason[0] != '\0' ? letter->hold_reason
									    : letter->trouble });
	}
	rd_table_end(&table, "  none");
	puts("\nTasks");
	rd_table_begin(&table, task_heads);
	for (size_t i = 0; i < w->n_tasks; i++) {
		snprintf(row, sizeof row, "%" PRId64, w->tasks[i].id);
		rd_table_row(&table, (const char *const[]){ row, rd_short_day(w->tasks[i].due, day),
					     w->tasks[i].done_ms != 0 ? w->tasks[i].done_by : "-",
					     w->tasks[i].text });
	}
	rd_table_end(&table, "  none");
}

/* A resident's words on a terminal: nothing in them may steer it. */
static void print_words_safely(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '\n')
		len--;
	fputs("  ", stdout);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			fputs("\n  ", stdout);
		else if ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f)
			putchar(text[i]);
		else
			putchar(' ');
	}
	putchar('\n');
}

/* The rules that messages were scored by; those of the last one are kept. */
struct rules_then {
	struct rd_definitions rules;
	const char *sha256; /* NULL: none yet */
	bool known;
};

/* NULL where they can be read no longer. */
static const struct rd_definitions *rules_then(
	struct rd_ctl_desk *desk, const char *landlord, const char *sha256, struct rules_then *then)
{
	struct rd_problems ignored;
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	if (then->sha256 == NULL || strcmp(then->sha256, sha256) != 0) {
		rd_problems_begin(&ignored, desk->arena);
		then->sha256 = sha256;
		then->known = rd_rulesets_get(desk->desk.db, sha256, desk->arena, &files, &err) ==
				      RD_OK &&
			      rd_definitions_read(&files, landlord, rd_now_ms(&rd_system_clock),
				      desk->arena, &ignored, &then->rules, &err) == RD_OK;
	}
	return then->known ? &then->rules : NULL;
}

static void show_reading(struct rd_ctl_desk *desk, const struct rd_message *message,
	const struct rd_score *score, const struct rd_definitions *rules)
{
	print_words_safely(message->body);
	rd_ctl_print_decision(message, score, rules, desk->arena);
}

static void show_messages(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	struct rules_then then = { .sha256 = NULL };

	puts("\nMessages");
	for (size_t i = 0; i < w->n_messages; i++) {
		struct rd_message_row row;
		struct rd_message message;
		struct rd_score score;
		struct rd_err err = { 0 };
		const char *ruleset;
		const enum rd_withheld withheld = withheld_of(w, w->messages[i]);
		char at[24];
		bool erased = false;

		if (rd_queue_show(desk->desk.db, w->messages[i], desk->arena, &row, &err) != RD_OK)
			continue;
		printf("  -- %s, %s --\n", row.channel == RD_CHANNEL_EMAIL ? "mail" : "text",
			rd_short_instant(row.received_ms, at));
		if (rd_reading_get(desk->desk.db, row.id, desk->arena, &message, &score, &ruleset,
			    &erased, &err) != RD_OK)
			puts(row.quarantined ? "  (could not be read by machine: a person must "
					       "look at it in "
					       "the mailbox)"
					     : "  (decided together with the text before it)");
		else if (erased)
			puts("  (erased)");
		else {
			rd_sender_print(&message);
			show_reading(desk, &message, &score,
				rules_then(desk, w->c.landlord, ruleset, &then));
		}
		if (n_pictures(desk, row.id) > 0)
			printf("  Pictures that came with it: %zu. `redressctl case pictures %s "
			       "DIR` writes them as files.\n",
				n_pictures(desk, row.id), w->c.reference);
		if (withheld != RD_WITHHELD_NO)
			printf("  No letter by itself: %s\n", rd_withheld_words(withheld));
	}
	for (size_t i = 0; i < w->n_notes; i++) {
		char at[24];

		printf("  -- note by %s, %s --\n", w->notes[i].by,
			rd_short_instant(w->notes[i].at_ms, at));
		print_words_safely(w->notes[i].text);
	}
}

enum rd_exit rd_ctl_case_show(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct whole_case whole = { 0 };
	struct rd_err err = { 0 };
	json_t *acts = NULL, *actions = NULL, *decrees = NULL;
	int64_t id = 0;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (optind + 1 != argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_ctl_case(&desk, argv[optind], &id, &err) != RD_OK ||
		read_whole(&desk, id, &whole, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json) {
		if (rd_ctl_actions_json(&desk, id, &actions, &err) != RD_OK)
			return rd_ctl_fail(&err);
		if (rd_ctl_acts_json(&desk, id, &acts, &err) != RD_OK ||
			rd_ctl_decrees_json(&desk, id, &decrees, &err) != RD_OK) {
			json_decref(actions);
			json_decref(acts);
			return rd_ctl_fail(&err);
		}
		show_json(&desk, &whole, acts, actions, decrees);
		return RD_EXIT_DONE;
	}
	show_head(&desk, &whole);
	rd_case_resident_print(&desk, whole.c.landlord, whole.c.contact);
	show_clocks(&whole);
	if (rd_ctl_show_acts(&desk, id, &err) != RD_OK)
		return rd_ctl_fail(&err);
	show_letters_and_tasks(&whole);
	show_messages(&desk, &whole);
	return RD_EXIT_DONE;
}
