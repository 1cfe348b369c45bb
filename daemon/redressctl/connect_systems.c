/* connect: the landlord's own systems. */
#include "connect.h"

#include "redress/base/clock.h"
#include "redress/deliver/hook_try.h"
#include "redress/deliver/open311_try.h"

/* What may pass is told like no answer at all, exit 3, where nothing else is wrong: beside what is
 * wrong for good, waiting mends nothing. */
static void tell_system(struct rd_trying *t, const char *what, const char *name, bool may_pass,
	const struct rd_provider_findings *faults, const struct rd_provider_findings *notes)
{
	const struct rd_provider_findings none = { .n = 0 };
	struct rd_err err = { 0 };

	if (may_pass && faults->n == 1)
		rd_connect_tell(t, what, name, rd_fail(&err, RD_E_AGAIN, "%s", faults->items[0]),
			&err, &none, notes);
	else
		rd_connect_tell(t, what, name, RD_OK, &err, faults, notes);
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
