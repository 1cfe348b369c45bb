#include "redress/store/case_json.h"

static json_t *instant(int64_t ms)
{
	char text[RD_INSTANT_MAX];

	return ms == 0 ? json_null() : json_string(rd_instant_format(ms, text));
}

static json_t *day(struct rd_date date)
{
	char text[RD_DATE_MAX];

	return rd_date_is_set(date) ? json_string(rd_date_format(date, text)) : json_null();
}

/* Words that may hold anything: what is no UTF-8 is not shown as if it were. */
static json_t *text_or_null(const char *text)
{
	json_t *json = text[0] != '\0' ? json_string(text) : json_null();

	return json != NULL ? json : json_null();
}

static json_t *words(const char *const *items, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, text_or_null(items[i]));
	return list;
}

static json_t *flags(const bool *set)
{
	json_t *list = json_array();

	for (size_t i = 0; i < RD_N_FLAGS; i++)
		if (set[i])
			json_array_append_new(list, json_string(rd_flag_names[i]));
	return list;
}

static enum rd_rc clocks(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	json_t **ret_list, struct rd_err *err)
{
	struct rd_case_clock *items;
	size_t n;

	RD_TRY(rd_case_clocks(db, case_id, arena, &items, &n, err));
	*ret_list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(*ret_list,
			json_pack("{s:s,s:o,s:o,s:o}", "clock", items[i].name, "starts",
				day(items[i].starts), "due",
				items[i].due_ms != 0 ? instant(items[i].due_ms) : day(items[i].due),
				"met", instant(items[i].met_ms)));
	return RD_OK;
}

static void add_person(json_t *json, const struct rd_case *file)
{
	json_object_set_new(json, "contact", text_or_null(file->contact));
	json_object_set_new(json, "name", text_or_null(file->contact_name));
	json_object_set_new(json, "subject", text_or_null(file->subject));
	json_object_set_new(json, "handler", text_or_null(file->handler));
	json_object_set_new(json, "flags", flags(file->flags));
	json_object_set_new(json, "marks", words(file->marks, file->n_marks));
	json_object_set_new(json, "held", json_boolean(file->held));
}

static void add_record(json_t *json, const struct rd_case *file)
{
	json_object_set_new(json, "definition", text_or_null(file->definition));
	json_object_set_new(json, "outcome", text_or_null(file->outcome));
	json_object_set_new(json, "closed_why", text_or_null(file->closed_why));
}

enum rd_rc rd_case_json(struct rd_db *db, const struct rd_case *file, enum rd_case_shown shown,
	struct rd_arena *arena, json_t **ret_json, struct rd_err *err)
{
	const char **topics = file->topics;
	size_t n_topics = file->n_topics;
	json_t *running;

	if (shown < RD_SHOWN_OFFICER)
		RD_TRY(rd_case_rules_topics(db, file, arena, &topics, &n_topics, err));
	RD_TRY(clocks(db, file->id, arena, &running, err));
	json_t *json = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I}", "ref",
		file->reference, "landlord", file->landlord, "kind", rd_kind_names[file->kind],
		"stage", rd_stage_names[file->stage], "status", rd_status_names[file->status],
		"channel", rd_case_channel_names[file->channel], "received",
		instant(file->received_ms), "opened", instant(file->opened_ms), "acknowledged",
		instant(file->acknowledged_ms), "answered", instant(file->answered_ms), "closed",
		instant(file->closed_ms), "topics", words(topics, n_topics), "clocks", running,
		"messages", (json_int_t)file->n_messages);
	RD_ASSERT(json != NULL);
	if (shown >= RD_SHOWN_OFFICER)
		add_person(json, file);
	if (shown >= RD_SHOWN_MANAGER)
		add_record(json, file);
	*ret_json = json;
	return RD_OK;
}

json_t *rd_case_event_json(const struct rd_case_event *event)
{
	json_t *next = event->next_clock[0] != '\0'
			       ? json_pack("{s:s,s:o}", "clock", event->next_clock, "due",
					 day(event->next_due))
			       : json_null();
	json_t *data = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "event",
		rd_case_event_names[event->event], "ref", event->reference, "landlord",
		event->landlord, "kind", rd_kind_names[event->kind], "stage",
		rd_stage_names[event->stage], "status", rd_status_names[event->status], "received",
		instant(event->received_ms), "opened", instant(event->opened_ms), "acknowledged",
		instant(event->acknowledged_ms), "answered", instant(event->answered_ms), "closed",
		instant(event->closed_ms), "next_due", next);

	RD_ASSERT(data != NULL);
	return data;
}
