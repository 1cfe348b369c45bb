/* connect: the landlord's own systems. */
#include "connect.h"

#include "redress/base/clock.h"
#include "redress/deliver/hook_try.h"
#include "redress/deliver/open311_try.h"

/* What may pass is told like no answer at all: exit 3, and the words stay. */
static void tell_system(struct rd_trying *t, const char *what, const char *name, bool may_pass,
	const struct rd_provider_findings *faults, const struct rd_provider_findings *notes)
{
	struct rd_provider_findings rest = { .n = 0 };
	struct rd_err err = { 0 };
	enum rd_rc rc = RD_OK;

	if (may_pass && faults->n > 0) {
		rc = rd_fail(&err, RD_E_AGAIN, "%s", faults->items[0]);
		for (size_t i = 1; i < faults->n; i++)
			rd_provider_find(&rest, faults->items[i]);
		faults = &rest;
	}
	rd_connect_tell(t, what, name, rc, &err, faults, notes);
}

void rd_connect_hook(struct rd_trying *t, const struct rd_hook_config *hook)
{
	char id[RD_CASE_EVENT_ID_MAX];
	struct rd_hook_tried tried;
	struct rd_err err = { 0 };

	rd_hook_new_id(id);
	const struct rd_hook_trial trial = { .gateway = t->config->gateway,
		.id = id,
		.now_ms = rd_now_ms(&rd_system_clock),
		.timeout_ms = RD_CONNECT_TIMEOUT_MS };
	const enum rd_rc rc = rd_hook_try(hook, &trial, t->arena, &tried, &err);
	if (rc != RD_OK)
		rd_connect_tell(t, "Webhook", hook->name, rc, &err, &tried.faults, &tried.notes);
	else
		tell_system(t, "Webhook", hook->name, tried.may_pass, &tried.faults, &tried.notes);
}

void rd_connect_open311(struct rd_trying *t, const struct rd_open311_config *open311)
{
	struct rd_open311_tried tried;
	struct rd_err err = { 0 };
	const enum rd_rc rc =
		rd_open311_try(open311, RD_CONNECT_TIMEOUT_MS, t->arena, &tried, &err);

	if (rc != RD_OK)
		rd_connect_tell(t, "Open311", open311->name, rc, &err, &tried.faults, &tried.notes);
	else
		tell_system(
			t, "Open311", open311->name, tried.may_pass, &tried.faults, &tried.notes);
}
