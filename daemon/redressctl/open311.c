/* open311 list, settle: service requests handed on to Open311 servers. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "open311.h"
#include "print.h"
#include "redress/deliver/open311.h"
#include "redress/gateway/acts.h"
#include "redress/gateway/casework.h"
#include "redress/store/casebook.h"
#include "redress/store/open311.h"
#include "redress/store/tasks.h"

/* --- list --- */

static json_t *row_json(const struct rd_open311_row *row, const char *reference)
{
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:o,s:o,s:b,s:i,s:o,s:o}", "row",
		(json_int_t)row->id, "ref", reference, "system", row->system, "state",
		rd_open311_state_names[row->state], "service_code", row->service_code,
		"service_request_id", rd_json_text(row->request_id), "token",
		rd_json_text(row->token), "closed", row->closed, "attempts", row->attempts,
		"attempted", rd_json_instant(row->attempted_ms), "answer",
		rd_json_text(row->answer));
}

json_t *rd_ctl_open311_json(struct rd_ctl_desk *desk, const struct rd_open311_row *rows, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const char *reference = rd_ctl_reference(desk, rows[i].case_id);

		json_array_append_new(list, row_json(&rows[i], reference));
	}
	return list;
}

void rd_ctl_open311_print(const struct rd_open311_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%-14s%s %s (%s)\n", "handed on to", rows[i].system,
			rows[i].request_id[0] != '\0' ? rows[i].request_id : "-",
			rows[i].closed ? "closed" : rd_open311_state_names[rows[i].state]);
}

static enum rd_rc list_rows(
	const struct rd_ctl *ctl, struct rd_ctl_desk *desk, int64_t case_id, struct rd_err *err)
{
	static const char *const heads[] = { "row", "case", "server", "state", "its number",
		"service", "tried", "answer", NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_open311_row *rows;
	size_t n;

	RD_TRY(rd_open311_list(desk->desk.db, case_id, desk->arena, &rows, &n, err));
	rd_listing_begin(&listing, ctl->json, heads);
	if (listing.json != NULL) {
		json_decref(listing.json);
		listing.json = rd_ctl_open311_json(desk, rows, n);
	}
	for (size_t i = 0; i < n; i++) {
		char id[24], tried[24];

		snprintf(id, sizeof id, "%" PRId64, rows[i].id);
		rd_table_row(&listing.table,
			(const char *const[]){ id, rd_ctl_reference(desk, rows[i].case_id),
				rows[i].system,
				rows[i].closed ? "closed" : rd_open311_state_names[rows[i].state],
				rows[i].request_id, rows[i].service_code,
				rd_short_instant(rows[i].attempted_ms, tried), rows[i].answer });
	}
	rd_listing_show(&listing, "No requests.");
	return RD_OK;
}

enum rd_exit rd_ctl_open311_list(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "case", required_argument, NULL, 'c' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	const char *reference = NULL;
	struct rd_err err = { 0 };
	int64_t case_id = 0;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'c')
			reference = optarg;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind < argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		(reference != NULL && rd_ctl_case(&desk, reference, &case_id, &err) != RD_OK) ||
		list_rows(ctl, &desk, case_id, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return RD_EXIT_DONE;
}

/* --- settle --- */

struct order {
	const char *row, *as, *id, *why;
};

static const char *const ways[] = { "taken", "again", "never", NULL };

static bool is_id(const char *id)
{
	if (id == NULL || id[0] == '\0' || strlen(id) > RD_OPEN311_ID_MAX)
		return false;
	for (const char *c = id; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
			return false;
	return true;
}

static enum rd_rc apply(
	const struct order *order, struct rd_open311_row *row, int64_t now_ms, struct rd_err *err)
{
	if (strcmp(order->as, "taken") == 0) {
		if (!is_id(order->id))
			return rd_fail(err, RD_E_INPUT,
				"say with --id the number that the request has there");
		row->state = RD_OPEN311_SENT;
		row->request_id = order->id;
		row->next_ms = now_ms + RD_OPEN311_STATUS_MS;
		row->answer = "taken, says a person";
	} else if (strcmp(order->as, "again") == 0) {
		row->state = RD_OPEN311_QUEUED;
		row->created_ms = now_ms;
		row->attempts = 0;
		row->next_ms = now_ms;
		row->answer = "";
	} else {
		row->state = RD_OPEN311_FAILED;
		row->next_ms = 0;
		row->answer = "not to be sent, says a person";
	}
	return RD_OK;
}

/* What was decided, kept with the case for whoever asks why. */
static enum rd_rc record(struct rd_tx *tx, struct rd_ctl_desk *desk, const struct order *order,
	const struct rd_open311_row *row, struct rd_err *err)
{
	const struct rd_office *office = &desk->desk.office;
	const int64_t now_ms = rd_office_now(office);
	const char *note = rd_arena_printf(
		desk->arena, "Open311 %s, settled as %s: %s", row->system, order->as, order->why);
	char detail[64];

	RD_ASSERT(note != NULL);
	snprintf(detail, sizeof detail, "{\"open311\":%" PRId64 "}", row->id);
	RD_TRY(rd_case_add_note(tx, row->case_id, office->actor.name, note, now_ms, err));
	RD_TRY(rd_task_done_of_case(tx, row->case_id, RD_OPEN311_TASK, office->actor.name,
		"settled", now_ms, NULL, err));
	return rd_casework_audit(tx, office, "open311_settled", row->case_id, 0, 0, detail, err);
}

static enum rd_rc settle(struct rd_ctl_desk *desk, const struct order *order, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_open311_row row;
	int64_t id;

	if (order->why == NULL || order->why[strspn(order->why, " \t\r\n")] == '\0' ||
		strlen(order->why) > RD_ACT_TEXT_MAX)
		return rd_fail(err, RD_E_INPUT, "say with --why, in a few words, how you know");
	RD_TRY(rd_ctl_row(order->row, &id, err));
	RD_TRY(rd_tx_begin(desk->desk.db, &tx, err));
	RD_TRY(rd_open311_get(desk->desk.db, id, desk->arena, &row, err));
	if (row.state != RD_OPEN311_UNCERTAIN && row.state != RD_OPEN311_FAILED)
		return rd_fail(err, RD_E_REFUSED,
			"row %" PRId64 " is %s: only what is uncertain or failed is settled", id,
			rd_open311_state_names[row.state]);
	RD_TRY(apply(order, &row, rd_office_now(&desk->desk.office), err));
	RD_TRY(rd_open311_set(tx, &row, err));
	RD_TRY(record(tx, desk, order, &row, err));
	return rd_tx_commit(&tx, err);
}

enum rd_exit rd_ctl_open311_settle(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "as", required_argument, NULL, 'a' },
		{ "id", required_argument, NULL, 'i' }, { "why", required_argument, NULL, 'w' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct order order = { 0 };
	struct rd_err err = { 0 };
	int option, i = 0;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'a')
			order.as = optarg;
		else if (option == 'i')
			order.id = optarg;
		else if (option == 'w')
			order.why = optarg;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind + 1 != argc || order.as == NULL)
		return rd_ctl_usage(ctl);
	order.row = argv[optind];
	while (ways[i] != NULL && strcmp(ways[i], order.as) != 0)
		i++;
	if (ways[i] == NULL)
		return rd_ctl_not_one_of(order.as, ways);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK || settle(&desk, &order, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		rd_json_print(json_pack("{s:I}", "row", (json_int_t)strtoll(order.row, NULL, 10)));
	else
		printf("Row %s is settled.\n", order.row);
	return RD_EXIT_DONE;
}
