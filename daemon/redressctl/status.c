/* status, messages: how the gateway is, and what became of each message. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "reading.h"
#include "redress/gateway/health.h"
#include "redress/store/casebook.h"
#include "redress/store/intake.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/review.h"
#include "redress/wire/providers/provider.h"

#define MESSAGES_MAX 1000

static bool no_words(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return false;
	return optind == argc;
}

static json_t *count_or_null(int64_t count)
{
	return count < 0 ? json_null() : json_integer(count);
}

/* What the configuration names; a mailbox that was moved or renamed there stays known to the store.
 * The same parts as intake/ takes a source by. */
static bool is_configured(struct rd_ctl_desk *desk, const struct rd_source_status *source)
{
	const struct rd_config *config = desk->config;
	struct rd_err unknown = { 0 };
	int64_t id = 0;

	for (size_t i = 0; i < config->n_mailboxes; i++) {
		const struct rd_mailbox_config *m = &config->mailboxes[i];
		const bool imap = m->kind == RD_MAILBOX_IMAP;
		const struct rd_source_identity identity = {
			.kind = imap ? RD_SOURCE_IMAP : RD_SOURCE_MAILDIR,
			.host = imap ? m->host : m->path,
			.user = imap ? m->user : "",
			.folder = imap ? m->folder : "",
		};
		if (rd_source_find(desk->desk.db, &identity, &id, &unknown) == RD_OK &&
			id == source->id)
			return true;
	}
	for (size_t i = 0; i < config->n_texts; i++) {
		const struct rd_texts_config *t = &config->texts[i];
		const struct rd_source_identity identity = {
			.kind = RD_SOURCE_TEXTS,
			.host = rd_provider_of(t->kind)->kind,
			.user = t->account,
			.folder = t->number,
		};
		if (rd_source_find(desk->desk.db, &identity, &id, &unknown) == RD_OK &&
			id == source->id)
			return true;
	}
	return false;
}

static json_t *sources_json(struct rd_ctl_desk *desk, const struct rd_health *health)
{
	json_t *list = json_array();

	for (size_t i = 0; i < health->n_sources; i++)
		json_array_append_new(list,
			json_pack("{s:s,s:o,s:o,s:o,s:b}", "name", health->sources[i].name,
				"last_success", rd_json_instant(health->sources[i].last_success_ms),
				"server_count", count_or_null(health->sources[i].server_count),
				"accepted", count_or_null(health->sources[i].accepted),
				"configured", is_configured(desk, &health->sources[i])));
	return list;
}

static json_t *sign_ins_json(const struct rd_health *health)
{
	json_t *list = json_array();

	for (size_t i = 0; i < health->n_sign_ins; i++) {
		const struct rd_sign_in *sign_in = &health->sign_ins[i];

		json_array_append_new(list,
			json_pack("{s:s,s:o,s:o}", "name", sign_in->oauth->name, "expires",
				rd_json_day(sign_in->expires), "days_left",
				rd_date_is_set(sign_in->expires) ? json_integer(sign_in->days_left)
								 : json_null()));
	}
	return list;
}

static void print_json(
	struct rd_ctl_desk *desk, const struct rd_health *health, const char *ruleset)
{
	const struct rd_status_counts *c = &health->counts;

	rd_json_print(json_pack("{s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I},s:{s:I,s:I,s:I,s:I,s:I,s:I},"
				"s:o,s:o,s:o,s:o,s:s,s:I,s:I,s:I,s:I}",
		"messages", "accepted", (json_int_t)c->accepted, "processed",
		(json_int_t)c->processed, "review", (json_int_t)c->review, "quarantined",
		(json_int_t)c->quarantined, "duplicate", (json_int_t)c->duplicate, "guarded",
		(json_int_t)c->guarded, "other", (json_int_t)c->other, "waiting",
		(json_int_t)c->waiting, "outbox", "queued", (json_int_t)c->outbox_queued, "sent",
		(json_int_t)c->outbox_sent, "failed", (json_int_t)c->outbox_failed, "uncertain",
		(json_int_t)c->outbox_uncertain, "held", (json_int_t)c->outbox_held, "sending",
		(json_int_t)c->outbox_sending, "sources", sources_json(desk, health), "sign_ins",
		sign_ins_json(health), "problems",
		rd_json_words(health->problems, health->n_problems), "notices",
		rd_json_words(health->notices, health->n_notices), "ruleset", ruleset, "tasks",
		(json_int_t)c->tasks_open, "cases_open", (json_int_t)c->cases_open, "rule_failures",
		(json_int_t)c->rule_failures, "rules_off", (json_int_t)c->rules_off));
}

static void print_lines(const char *head, const char *const *lines, size_t n)
{
	if (n > 0)
		printf("\n%s\n", head);
	for (size_t i = 0; i < n; i++)
		printf("  %s\n", lines[i]);
}

static void print_text(
	struct rd_ctl_desk *desk, const struct rd_health *health, const char *ruleset)
{
	const struct rd_status_counts *c = &health->counts;
	char at[24];

	puts(health->n_problems == 0 ? "Redress is well." : "Redress needs you.");
	print_lines("Problems", health->problems, health->n_problems);
	print_lines("Notices", health->notices, health->n_notices);
	printf("\nMessages  %" PRId64 " stored, %" PRId64 " decided, %" PRId64 " waiting\n"
	       "          %" PRId64 " to be looked at, %" PRId64 " quarantined, %" PRId64
	       " duplicate%s, %" PRId64 " guarded, %" PRId64 " other\n",
		c->accepted, c->processed, c->waiting, c->review, c->quarantined, c->duplicate,
		c->duplicate == 1 ? "" : "s", c->guarded, c->other);
	printf("Letters   %" PRId64 " queued, %" PRId64 " held, %" PRId64 " sent, %" PRId64
	       " failed, %" PRId64 " uncertain\n",
		c->outbox_queued, c->outbox_held, c->outbox_sent, c->outbox_failed,
		c->outbox_uncertain);
	printf("Cases     %" PRId64 " not closed, %" PRId64 " task%s\n", c->cases_open,
		c->tasks_open, c->tasks_open == 1 ? "" : "s");
	for (size_t i = 0; i < health->n_sources; i++)
		printf("Source    %s: last read %s%s\n", health->sources[i].name,
			rd_short_instant(health->sources[i].last_success_ms, at),
			is_configured(desk, &health->sources[i]) ? "" : " (no longer configured)");
	for (size_t i = 0; i < health->n_sign_ins; i++)
		if (rd_date_is_set(health->sign_ins[i].expires))
			printf("OAuth     %s: good until %s, %d day%s left\n",
				health->sign_ins[i].oauth->name,
				rd_short_day(health->sign_ins[i].expires, at),
				health->sign_ins[i].days_left,
				health->sign_ins[i].days_left == 1 ? "" : "s");
		else
			printf("OAuth     %s\n", health->sign_ins[i].oauth->name);
	printf("Rules     %.19s, failed on %" PRId64 " message%s, %" PRId64 " switched off\n",
		ruleset, c->rule_failures, c->rule_failures == 1 ? "" : "s", c->rules_off);
}

enum rd_exit rd_ctl_status(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_health health;
	struct rd_err err = { 0 };

	if (!no_words(ctl, argc, argv))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_health_look(desk.desk.db, &desk.desk.office, desk.arena, &health, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		print_json(&desk, &health, rd_live_sha256(desk.desk.live));
	else
		print_text(&desk, &health, rd_live_sha256(desk.desk.live));
	return health.n_problems > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

/* --- messages --- */

/* One message as it is told: row, reading (where there is one), case. */
struct told {
	struct rd_message_row row;
	struct rd_message message;
	struct rd_score score;
	bool read;
	bool review;
	const char *reference; /* NULL: no case */
	struct rd_date due;
};

static enum rd_rc tell_case(struct rd_ctl_desk *desk, struct told *told, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	struct rd_review *reviews;
	size_t n;

	if (told->row.fate.case_id == 0)
		return RD_OK;
	told->reference = rd_ctl_reference(desk, told->row.fate.case_id);
	RD_TRY(rd_case_clocks(
		desk->desk.db, told->row.fate.case_id, desk->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms == 0 && rd_date_is_set(clocks[i].due) &&
			(!rd_date_is_set(told->due) ||
				rd_date_compare(clocks[i].due, told->due) < 0))
			told->due = clocks[i].due;
	RD_TRY(rd_review_list(
		desk->desk.db, told->row.fate.case_id, false, desk->arena, &reviews, &n, err));
	for (size_t i = 0; i < n; i++)
		told->review = told->review || reviews[i].message_id == told->row.id;
	return RD_OK;
}

static enum rd_rc tell(struct rd_ctl_desk *desk, const struct rd_message_row *row,
	struct told *told, struct rd_err *err)
{
	const char *ruleset;
	bool erased;
	enum rd_rc rc;

	memset(told, 0, sizeof *told);
	told->row = *row;
	told->message.subject = told->message.body = "";
	rc = rd_reading_get(desk->desk.db, row->id, desk->arena, &told->message, &told->score,
		&ruleset, &erased, err);
	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	told->read = rc == RD_OK;
	return tell_case(desk, told, err);
}

static json_t *told_json(struct rd_ctl_desk *desk, const struct told *told)
{
	return json_pack("{s:I,s:s,s:o,s:s,s:s,s:o,s:o,s:b,s:o,s:o,s:o,s:o,s:o,s:o}", "message",
		(json_int_t)told->row.id, "channel",
		told->row.channel == RD_CHANNEL_EMAIL ? "email" : "sms", "received",
		rd_json_instant(told->row.received_ms), "source", told->row.source, "fate",
		told->row.fate.kind == RD_FATE_NONE ? told->row.state
						    : rd_fate_names[told->row.fate.kind],
		"detail", rd_json_text(told->row.fate.detail), "kind",
		told->read ? json_string(rd_kind_names[told->score.kind]) : json_null(), "review",
		told->review, "flags", told->read ? rd_json_flags(told->score.flags) : json_array(),
		"subject", rd_json_text(told->message.subject), "body",
		rd_json_text(told->message.body), "hits",
		rd_ctl_hits_json(&told->message, &told->score, desk->arena), "case",
		rd_json_text(told->reference), "due", rd_json_day(told->due));
}

static enum rd_rc list_messages(const struct rd_ctl *ctl, struct rd_ctl_desk *desk,
	enum rd_fate_kind fate, struct rd_err *err)
{
	static const char *const heads[] = { "message", "by", "received", "became", "kind", "case",
		"due", "subject", NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_message_row *rows;
	size_t n;

	RD_TRY(rd_queue_list(desk->desk.db, fate, MESSAGES_MAX, desk->arena, &rows, &n, err));
	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < n; i++) {
		struct told told;
		char id[24], received[24], due[20];

		RD_TRY(tell(desk, &rows[i], &told, err));
		snprintf(id, sizeof id, "%" PRId64, rows[i].id);
		if (listing.json != NULL)
			json_array_append_new(listing.json, told_json(desk, &told));
		rd_table_row(&listing.table,
			(const char *const[]){ id,
				rows[i].channel == RD_CHANNEL_EMAIL ? "mail" : "text",
				rd_short_instant(rows[i].received_ms, received),
				rows[i].fate.kind == RD_FATE_NONE
					? rows[i].state
					: rd_fate_names[rows[i].fate.kind],
				told.read ? rd_kind_names[told.score.kind] : "-",
				told.reference != NULL ? told.reference : "-",
				rd_short_day(told.due, due), told.message.subject });
	}
	rd_listing_show(&listing, "No messages.");
	return RD_OK;
}

enum rd_exit rd_ctl_messages(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "fate", required_argument, NULL, 'f' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	enum rd_fate_kind fate = RD_FATE_NONE;
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'f') {
			int i = RD_FATE_OPENED;

			while (i < RD_N_FATES && strcmp(rd_fate_names[i], optarg) != 0)
				i++;
			if (i == RD_N_FATES)
				return rd_ctl_not_one_of(optarg, rd_fate_names + RD_FATE_OPENED);
			fate = (enum rd_fate_kind)i;
		} else if (!rd_ctl_option(ctl, option)) {
			return rd_ctl_usage(ctl);
		}
	}
	if (optind < argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		list_messages(ctl, &desk, fate, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return RD_EXIT_DONE;
}
