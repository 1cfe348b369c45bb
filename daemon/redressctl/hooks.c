/* hooks list, try, enable, disable, resend, rotate: the webhooks to the landlord's own systems. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/deliver/hook_message.h"
#include "redress/deliver/hook_try.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/systems.h"
#include "redress/store/hooks.h"
#include "redress/wire/providers/encode.h"

#define NEW_SECRET_BYTES 32
#define NUMBER_MAX	 INT64_C(1000000000000000)

/* --- list --- */

static const char *state_of(const struct rd_hook_row *hook, int64_t now_ms)
{
	if (!hook->enabled)
		return "disabled";
	if (hook->rests_until_ms > now_ms)
		return "rests";
	return hook->failing_since_ms != 0 ? "failing" : "well";
}

static json_t *hook_json(const struct rd_hook_config *config, const struct rd_hook_row *hook,
	int64_t queued, int64_t failed, int64_t now_ms)
{
	return json_pack("{s:s,s:s,s:s,s:I,s:I,s:o,s:o,s:o,s:o,s:b}", "webhook", hook->name, "url",
		config->url, "state", state_of(hook, now_ms), "waiting", (json_int_t)queued,
		"failed", (json_int_t)failed, "last_taken", rd_json_instant(hook->last_success_ms),
		"failing_since", rd_json_instant(hook->failing_since_ms), "answer",
		rd_json_text(hook->answer), "why", rd_json_text(hook->why), "two_secrets",
		config->n_secrets > 1);
}

static enum rd_rc list_hooks(
	const struct rd_ctl *ctl, struct rd_ctl_desk *desk, bool *ret_unwell, struct rd_err *err)
{
	static const char *const heads[] = { "webhook", "state", "waiting", "failed", "last taken",
		"last answer", NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	const int64_t now_ms = rd_office_now(&desk->desk.office);

	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < desk->config->n_hooks; i++) {
		const struct rd_hook_config *config = &desk->config->hooks[i];
		char waiting[24], lost[24], taken[24];
		struct rd_hook_row hook;
		int64_t queued, failed;

		RD_TRY(rd_hook_get(desk->desk.db, config->name, desk->arena, &hook, err));
		RD_TRY(rd_hook_counts(desk->desk.db, config->name, &queued, &failed, err));
		*ret_unwell = *ret_unwell || !hook.enabled || failed > 0;
		snprintf(waiting, sizeof waiting, "%" PRId64, queued);
		snprintf(lost, sizeof lost, "%" PRId64, failed);
		if (listing.json != NULL)
			json_array_append_new(
				listing.json, hook_json(config, &hook, queued, failed, now_ms));
		rd_table_row(&listing.table,
			(const char *const[]){ hook.name, state_of(&hook, now_ms), waiting, lost,
				rd_short_instant(hook.last_success_ms, taken), hook.answer });
	}
	rd_listing_show(&listing, "No webhooks; redressd.conf(5) tells how to write one.");
	return RD_OK;
}

enum rd_exit rd_ctl_hooks_list(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_err err = { 0 };
	bool unwell = false;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (optind < argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		list_hooks(ctl, &desk, &unwell, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return unwell ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

/* --- acts on one --- */

struct order {
	const char *name, *why, *event;
};

static bool read_order(struct rd_ctl *ctl, int argc, char **argv, struct order *ret_order)
{
	static const struct option options[] = { { "why", required_argument, NULL, 'w' },
		{ "event", required_argument, NULL, 'e' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'w' && rd_ctl_takes(ctl, options, option))
			ret_order->why = optarg;
		else if (option == 'e' && rd_ctl_takes(ctl, options, option))
			ret_order->event = optarg;
		else if (!rd_ctl_option(ctl, option))
			return false;
	}
	if (optind + 1 != argc)
		return false;
	ret_order->name = argv[optind];
	return true;
}

static const struct rd_hook_config *config_of(const struct rd_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_hooks; i++)
		if (strcmp(config->hooks[i].name, name) == 0)
			return &config->hooks[i];
	return NULL;
}

/* The stanza and the row of that name. */
static enum rd_rc find(struct rd_ctl_desk *desk, const char *name, struct rd_hook_row *ret_hook,
	struct rd_err *err)
{
	if (config_of(desk->config, name) == NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s has no `Webhook: %s`; see `redressctl hooks list`", desk->config->file,
			name);
	return rd_hook_get(desk->desk.db, name, desk->arena, ret_hook, err);
}

static enum rd_rc record(struct rd_tx *tx, struct rd_ctl_desk *desk, const char *what,
	const char *name, struct rd_err *err)
{
	const char *detail = rd_arena_printf(desk->arena, "{\"webhook\":\"%s\"}", name);

	RD_ASSERT(detail != NULL); /* a plain name, and the arena is new */
	return rd_casework_audit(tx, &desk->desk.office, what, 0, 0, 0, detail, err);
}

static enum rd_rc enable(
	struct rd_ctl_desk *desk, const char *name, int64_t *ret_waiting, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const int64_t now_ms = rd_office_now(&desk->desk.office);
	struct rd_hook_row hook;
	int64_t failed;

	RD_TRY(find(desk, name, &hook, err));
	RD_TRY(rd_tx_begin(desk->desk.db, &tx, err));
	RD_TRY(rd_hook_enable(tx, name, now_ms, err));
	RD_TRY(record(tx, desk, "webhook_enabled", name, err));
	RD_TRY(rd_tx_commit(&tx, err));
	rd_systems_clear_hook(desk->desk.db, &desk->desk.office, name);
	return rd_hook_counts(desk->desk.db, name, ret_waiting, &failed, err);
}

enum rd_exit rd_ctl_hooks_enable(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct order order = { 0 };
	struct rd_err err = { 0 };
	int64_t waiting = 0;

	if (!read_order(ctl, argc, argv, &order))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		enable(&desk, order.name, &waiting, &err) != RD_OK)
		return rd_ctl_fail(&err);
	printf("%s is enabled; %" PRId64
	       " events wait for it, and what happened while it was off goes too.\n",
		order.name, waiting);
	return RD_EXIT_DONE;
}

static enum rd_rc disable(struct rd_ctl_desk *desk, const struct order *order, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_hook_row hook;

	if (order->why == NULL || strlen(order->why) >= RD_HOOK_ANSWER_MAX)
		return rd_fail(err, RD_E_INPUT,
			"say with --why, in less than %d bytes, what it is switched off for",
			RD_HOOK_ANSWER_MAX);
	RD_TRY(find(desk, order->name, &hook, err));
	RD_TRY(rd_tx_begin(desk->desk.db, &tx, err));
	RD_TRY(rd_hook_disable(
		tx, order->name, order->why, rd_office_now(&desk->desk.office), err));
	RD_TRY(record(tx, desk, "webhook_disabled", order->name, err));
	return rd_tx_commit(&tx, err);
}

enum rd_exit rd_ctl_hooks_disable(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct order order = { 0 };
	struct rd_err err = { 0 };

	if (!read_order(ctl, argc, argv, &order))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK || disable(&desk, &order, &err) != RD_OK)
		return rd_ctl_fail(&err);
	printf("%s is switched off; what happens is kept for it. `redressctl hooks enable %s` "
	       "switches it on.\n",
		order.name, order.name);
	return RD_EXIT_DONE;
}

/* A system of one landlord is told of no other's cases, whoever asks for it. */
static enum rd_rc may_know(
	struct rd_ctl_desk *desk, const char *name, int64_t number, struct rd_err *err)
{
	const struct rd_hook_config *hook = config_of(desk->config, name);
	struct rd_case_event event;

	RD_TRY(rd_case_event_get(desk->desk.db, number, desk->arena, &event, err));
	if (hook->landlord[0] == '\0' || strcmp(hook->landlord, event.landlord) == 0)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"event %" PRId64 " is of a case of %s; %s is told of %s alone", number,
		event.landlord, name, hook->landlord);
}

static enum rd_rc resend(
	struct rd_ctl_desk *desk, const struct order *order, int64_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_hook_row hook;
	int64_t event = 0;
	char *end = NULL;

	if (order->event != NULL) {
		event = strtoll(order->event, &end, 10);
		if (*end != '\0' || event < 1 || event > NUMBER_MAX)
			return rd_fail(err, RD_E_INPUT,
				"`%s` is not an event's number, as GET /api/events has it",
				order->event);
	}
	RD_TRY(find(desk, order->name, &hook, err));
	if (event != 0)
		RD_TRY(may_know(desk, order->name, event, err));
	RD_TRY(rd_tx_begin(desk->desk.db, &tx, err));
	RD_TRY(rd_hook_resend(
		tx, order->name, event, rd_office_now(&desk->desk.office), ret_n, err));
	RD_TRY(record(tx, desk, "webhook_resent", order->name, err));
	RD_TRY(rd_tx_commit(&tx, err));
	rd_systems_clear_hook(desk->desk.db, &desk->desk.office, order->name);
	return RD_OK;
}

enum rd_exit rd_ctl_hooks_resend(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct order order = { 0 };
	struct rd_err err = { 0 };
	int64_t n = 0;

	if (!read_order(ctl, argc, argv, &order))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK || resend(&desk, &order, &n, &err) != RD_OK)
		return rd_ctl_fail(&err);
	printf("%" PRId64 " event%s will be sent to %s again.\n", n, n == 1 ? "" : "s", order.name);
	return RD_EXIT_DONE;
}

/* --- try --- */

static void print_tried(
	const struct rd_ctl *ctl, const char *name, const struct rd_hook_tried *tried)
{
	json_t *says = json_array();

	for (size_t i = 0; i < tried->faults.n; i++)
		json_array_append_new(says, rd_json_text(tried->faults.items[i]));
	for (size_t i = 0; i < tried->notes.n; i++)
		json_array_append_new(says, rd_json_text(tried->notes.items[i]));
	if (ctl->json) {
		rd_json_print(json_pack("{s:s,s:b,s:s,s:o}", "webhook", name, "taken", tried->taken,
			"answer", tried->answer, "says", says));
		return;
	}
	printf("%s %s (%s).\n", name, tried->taken ? "took it" : "did not take it", tried->answer);
	for (size_t i = 0; i < json_array_size(says); i++)
		printf("  %s\n", json_string_value(json_array_get(says, i)));
	json_decref(says);
}

enum rd_exit rd_ctl_hooks_try(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	char id[RD_CASE_EVENT_ID_MAX];
	struct rd_hook_tried tried;
	struct order order = { 0 };
	struct rd_err err = { 0 };

	if (!read_order(ctl, argc, argv, &order))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK)
		return rd_ctl_fail(&err);
	const struct rd_hook_config *hook = config_of(desk.config, order.name);
	if (hook == NULL)
		return rd_ctl_complain("%s has no `Webhook: %s`; see `redressctl hooks list`",
			desk.config->file, order.name);
	rd_hook_new_id(id);
	const struct rd_hook_trial trial = { .gateway = desk.config->gateway,
		.id = id,
		.now_ms = rd_office_now(&desk.desk.office),
		.timeout_ms = RD_HOOK_TIMEOUT_MS };
	if (rd_hook_try(hook, &trial, desk.arena, &tried, &err) != RD_OK)
		return rd_ctl_fail(&err);
	print_tried(ctl, order.name, &tried);
	return tried.taken ? RD_EXIT_DONE : RD_EXIT_FOUND;
}

/* --- rotate --- */

static const char *place_words(const struct rd_secret_place *place)
{
	return place->from == RD_SECRET_CREDENTIAL ? "credential" : "file";
}

/* A fresh secret on standard output, alone, so that it can be put where it belongs; what to do with
 * it on standard error. */
enum rd_exit rd_ctl_hooks_rotate(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	uint8_t bytes[NEW_SECRET_BYTES];
	struct order order = { 0 };
	struct rd_err err = { 0 };

	if (!read_order(ctl, argc, argv, &order))
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK)
		return rd_ctl_fail(&err);
	const struct rd_hook_config *hook = config_of(desk.config, order.name);
	if (hook == NULL)
		return rd_ctl_complain("%s has no `Webhook: %s`; see `redressctl hooks list`",
			desk.config->file, order.name);
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return rd_ctl_complain("the system gives no random bytes");
	const char *text = rd_base64(desk.arena, bytes, sizeof bytes);
	RD_ASSERT(text != NULL); /* the arena is new */
	printf("whsec_%s\n", text);
	explicit_bzero(bytes, sizeof bytes);
	fprintf(stderr,
		"This is a new secret for %s; it is kept nowhere yet.\n"
		"1. Put it into a new credential or a new file that nobody else can read.\n"
		"2. In %s write a `Secret:` line for it above `Secret: %s %s`\n"
		"   and restart redressd: every event is signed with both from then on.\n"
		"3. Give it to whoever runs the other system.\n"
		"4. When they use it, take the old line out and restart redressd.\n",
		order.name, desk.config->file, place_words(&hook->secrets[0]),
		hook->secrets[0].name);
	return RD_EXIT_DONE;
}
