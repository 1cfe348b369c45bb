/* outbox list, show, approve, retry, settle, cancel: every letter and text that leaves. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "opting.h"
#include "print.h"
#include "redress/gateway/acts.h"
#include "redress/store/outbox.h"

static json_t *row_json(struct rd_ctl_desk *desk, const struct rd_outbox_row *row, bool whole)
{
	char reference[RD_REFERENCE_MAX] = "";
	json_t *json;

	if (row->case_id != 0)
		rd_reference_format(
			row->case_id, rd_store_key(desk->store, RD_KEY_REFERENCE), reference);
	json = json_pack("{s:I,s:o,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:b,s:o,s:i,s:o}", "row",
		(json_int_t)row->id, "ref", rd_json_text(reference), "letter", row->letter, "stage",
		rd_stage_names[row->stage], "channel",
		row->channel == RD_CHANNEL_EMAIL ? "email" : "sms", "state",
		rd_outbox_state_names[row->state], "recipient", rd_json_text(row->recipient),
		"written_for", rd_json_day(row->written_for), "not_before",
		rd_json_instant(row->not_before_ms), "sent", rd_json_instant(row->sent_ms),
		"needs_approval", row->needs_approval, "hold", rd_json_text(row->hold_reason),
		"attempts", row->attempts, "trouble", rd_json_text(row->trouble));
	if (!whole)
		return json;
	json_object_set_new(json, "message_id", rd_json_text(row->message_id));
	json_object_set_new(json, "version", rd_json_text(row->letter_version));
	json_object_set_new(json, "response", rd_json_text(row->response));
	json_object_set_new(json, "provider_id", rd_json_text(row->provider_id));
	json_object_set_new(json, "delivery", rd_json_text(row->delivery));
	json_object_set_new(json, "payload", json_stringn(row->payload, row->payload_len));
	return json;
}

static const char *note_of(const struct rd_outbox_row *row)
{
	if (row->hold_reason[0] != '\0')
		return row->hold_reason;
	if (row->trouble[0] != '\0')
		return row->trouble;
	if (row->delivery[0] != '\0')
		return row->delivery;
	if (row->state == RD_OUTBOX_QUEUED && row->needs_approval)
		return "waits for approval; goes by itself at its time";
	return "";
}

static enum rd_rc list_rows(const struct rd_ctl *ctl, struct rd_ctl_desk *desk,
	const struct rd_outbox_filter *filter, struct rd_err *err)
{
	static const char *const heads[] = { "row", "case", "letter", "by", "state", "not before",
		"sent", "note", NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(desk->desk.db, filter, desk->arena, &rows, &n, err));
	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < n; i++) {
		char id[24], before[24], sent[24], reference[RD_REFERENCE_MAX] = "-";

		snprintf(id, sizeof id, "%" PRId64, rows[i].id);
		if (rows[i].case_id != 0)
			rd_reference_format(rows[i].case_id,
				rd_store_key(desk->store, RD_KEY_REFERENCE), reference);
		if (listing.json != NULL)
			json_array_append_new(listing.json, row_json(desk, &rows[i], false));
		rd_table_row(&listing.table,
			(const char *const[]){ id, reference, rows[i].letter,
				rows[i].channel == RD_CHANNEL_EMAIL ? "mail" : "text",
				rd_outbox_state_names[rows[i].state],
				rd_short_instant(rows[i].not_before_ms, before),
				rd_short_instant(rows[i].sent_ms, sent), note_of(&rows[i]) });
	}
	rd_listing_show(&listing, "No letters.");
	return RD_OK;
}

enum rd_exit rd_ctl_outbox_list(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "state", required_argument, NULL, 's' },
		{ "case", required_argument, NULL, 'c' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_outbox_filter filter = { 0 };
	enum rd_outbox_state state = RD_OUTBOX_QUEUED;
	const char *reference = NULL, *state_word = NULL;
	struct rd_err err = { 0 };
	int option, i = 0;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 's')
			state_word = optarg;
		else if (option == 'c')
			reference = optarg;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind < argc)
		return rd_ctl_usage(ctl);
	if (state_word != NULL) {
		while (rd_outbox_state_names[i] != NULL &&
			strcmp(rd_outbox_state_names[i], state_word) != 0)
			i++;
		if (rd_outbox_state_names[i] == NULL)
			return rd_ctl_not_one_of(state_word, rd_outbox_state_names);
		state = (enum rd_outbox_state)i;
		filter.state = &state;
	}
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		(reference != NULL &&
			rd_ctl_case(&desk, reference, &filter.case_id, &err) != RD_OK) ||
		list_rows(ctl, &desk, &filter, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return RD_EXIT_DONE;
}

static bool only_row(
	struct rd_ctl *ctl, int argc, char **argv, const char **ret_why, const char **ret_how)
{
	static const struct option options[] = { { "why", required_argument, NULL, 'w' },
		{ "as", required_argument, NULL, 'a' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'w' && rd_ctl_takes(ctl, options, option))
			*ret_why = optarg;
		else if (option == 'a' && rd_ctl_takes(ctl, options, option))
			*ret_how = optarg;
		else if (!rd_ctl_option(ctl, option))
			return false;
	}
	return optind + 1 == argc;
}

/* How much of a mail stands before its HTML form, which says the same. */
static size_t without_html(const struct rd_outbox_row *row)
{
	static const char html[] = "\r\nContent-Type: text/html;";
	const char *at = memmem(row->payload, row->payload_len, html, sizeof html - 1);

	if (row->channel != RD_CHANNEL_EMAIL || at == NULL)
		return row->payload_len;
	while (at > row->payload && at[-1] != '\n') /* its frame's line */
		at--;
	return (size_t)(at - row->payload);
}

enum rd_exit rd_ctl_outbox_show(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_outbox_row row;
	struct rd_err err = { 0 };
	const char *unused = NULL, *opted_out;
	char told[24];
	int64_t id = 0;

	if (!only_row(ctl, argc, argv, &unused, &unused) || unused != NULL)
		return rd_ctl_usage(ctl);
	if (rd_ctl_row(argv[optind], &id, &err) != RD_OK ||
		rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_outbox_get(desk.desk.db, id, desk.arena, &row, &err) != RD_OK)
		return rd_ctl_fail(&err);
	opted_out = rd_ctl_opted_out(&desk, row.recipient);
	if (ctl->json) {
		json_t *json = row_json(&desk, &row, true);

		json_object_set_new(json, "opted_out", json_boolean(opted_out != NULL));
		rd_json_print(json);
		return RD_EXIT_DONE;
	}
	printf("Letter %" PRId64 ": %s, %s, to %s\n", row.id, row.letter,
		rd_outbox_state_names[row.state], row.recipient);
	if (note_of(&row)[0] != '\0')
		printf("%s\n", note_of(&row));
	if (row.response[0] != '\0')
		printf("answer: %s\n", row.response);
	if (row.delivery[0] != '\0')
		printf("delivery: %s, %s\n", row.delivery, rd_short_instant(row.delivery_ms, told));
	if (opted_out != NULL)
		printf("OPTED OUT: %s\n", opted_out);
	putchar('\n');
	const size_t shown = without_html(&row);
	fwrite(row.payload, 1, shown, stdout);
	putchar('\n');
	if (shown < row.payload_len)
		puts("(The same follows in HTML, for large print: --json has all of it.)");
	return RD_EXIT_DONE;
}

enum row_act { ROW_APPROVE, ROW_RETRY, ROW_CANCEL, ROW_SETTLE };

static enum rd_rc act_on_row(struct rd_ctl_desk *desk, enum row_act act, int64_t id,
	enum rd_settle settle, const char *why, struct rd_err *err)
{
	struct rd_db *db = desk->desk.db;
	const struct rd_office *office = &desk->desk.office;

	switch (act) {
	case ROW_APPROVE:
		return rd_act_approve(db, office, id, err);
	case ROW_RETRY:
		return rd_act_retry(db, office, id, err);
	case ROW_CANCEL:
		return rd_act_cancel(db, office, id, why, err);
	case ROW_SETTLE:
		return rd_act_settle(db, office, id, settle, why, err);
	}
	return rd_fail(err, RD_E_BUG, "no such act");
}

static enum rd_exit act(
	struct rd_ctl *ctl, int argc, char **argv, enum row_act what, const char *sentence)
{
	static const char *const settled[] = { "recorded as sent", "will be sent again",
		"cancelled; it will not be sent" };
	static const char *const settle_words[] = { "sent", "send-again", "cancel", NULL };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	const char *why = NULL, *how = NULL;
	struct rd_err err = { 0 };
	int64_t id = 0;
	int settle = 0;

	if (!only_row(ctl, argc, argv, &why, &how) || (how == NULL) == (what == ROW_SETTLE))
		return rd_ctl_usage(ctl);
	while (how != NULL && settle_words[settle] != NULL &&
		strcmp(settle_words[settle], how) != 0)
		settle++;
	if (how != NULL && settle_words[settle] == NULL)
		return rd_ctl_not_one_of(how, settle_words);
	if (rd_ctl_row(argv[optind], &id, &err) != RD_OK ||
		rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		act_on_row(&desk, what, id, (enum rd_settle)settle, why, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		rd_json_print(json_pack("{s:I}", "row", (json_int_t)id));
	else
		printf("letter %" PRId64 ": %s\n", id,
			what == ROW_SETTLE ? settled[settle] : sentence);
	return RD_EXIT_DONE;
}

enum rd_exit rd_ctl_outbox_approve(struct rd_ctl *ctl, int argc, char **argv)
{
	return act(ctl, argc, argv, ROW_APPROVE, "approved; it goes now");
}

enum rd_exit rd_ctl_outbox_retry(struct rd_ctl *ctl, int argc, char **argv)
{
	return act(ctl, argc, argv, ROW_RETRY, "will be tried again now");
}

enum rd_exit rd_ctl_outbox_cancel(struct rd_ctl *ctl, int argc, char **argv)
{
	return act(ctl, argc, argv, ROW_CANCEL, "cancelled; it will not be sent");
}

enum rd_exit rd_ctl_outbox_settle(struct rd_ctl *ctl, int argc, char **argv)
{
	return act(ctl, argc, argv, ROW_SETTLE, "");
}
