#include "case_whole.h"

#include <string.h>

#include <jansson.h>

#include "redress/store/text_media.h"

#define AUDIT_ROWS_MAX 500

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

enum rd_rc rd_ctl_whole_read(
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

enum rd_withheld rd_ctl_withheld_of(const struct whole_case *w, int64_t message_id)
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

size_t rd_ctl_n_pictures(struct rd_ctl_desk *desk, int64_t message_id)
{
	struct rd_text_media *items;
	struct rd_err err = { 0 };
	size_t n = 0;

	if (rd_text_media_list(desk->desk.db, message_id, desk->arena, &items, &n, &err) != RD_OK)
		return 0;
	return n;
}
