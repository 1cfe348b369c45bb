/* case list, case show: what stands in the casebook, for people and for machines. */
#include <string.h>

#include "case_life.h"
#include "case_whole.h"
#include "command.h"
#include "desk.h"
#include "open311.h"
#include "opting.h"
#include "print.h"
#include "reading.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "resident_print.h"

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

static json_t *messages_json(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n_messages; i++) {
		struct rd_message_row row = { 0 };
		struct rd_message message = { 0 };
		struct rd_score score = { 0 };
		struct rd_err err = { 0 };
		const char *ruleset = NULL;
		const enum rd_withheld withheld = rd_ctl_withheld_of(w, w->messages[i]);
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
		json_object_set_new(item, "pictures",
			json_integer((json_int_t)rd_ctl_n_pictures(desk, row.id)));
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
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:b}", "ref", rd_ctl_reference(desk, w->links[i].id),
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
		rd_ctl_whole_read(&desk, id, &whole, &err) != RD_OK)
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
	rd_ctl_print_head(&desk, &whole);
	rd_case_resident_print(&desk, whole.c.landlord, whole.c.contact);
	rd_ctl_print_clocks(&whole);
	if (rd_ctl_show_acts(&desk, id, &err) != RD_OK)
		return rd_ctl_fail(&err);
	rd_ctl_print_letters_and_tasks(&whole);
	rd_ctl_print_messages(&desk, &whole);
	return RD_EXIT_DONE;
}
