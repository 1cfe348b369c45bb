#include <stdio.h>

#include "redress/gateway/office.h"
#include "redress/gateway/service.h"
#include "redress/rules/lint.h"
#include "redress/wire/credential.h"

#define CHECK_ARENA_BYTES (RD_RULEFILES_BYTES_MAX + (4u << 20))

struct check {
	const struct rd_config *config;
	int64_t now_ms;
	bool refuse;
};

static void say(struct check *check, bool refuse, const char *text)
{
	printf("%s: %s\n", refuse ? "error" : "warning", text);
	check->refuse = check->refuse || refuse;
}

static void check_secret(
	struct check *check, const char *where, const struct rd_secret_place *place)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret secret = { { 0 } };
	struct rd_err err = { 0 };
	char text[RD_ERR_MAX + 100];

	if (place->from == RD_SECRET_NONE || rd_credential_read(place, &secret, &err) == RD_OK)
		return;
	snprintf(text, sizeof text, "%s: %s", where, err.msg);
	say(check, true, text);
}

static void check_secrets(struct check *check)
{
	const struct rd_config *config = check->config;

	for (size_t i = 0; i < config->n_mailboxes; i++)
		check_secret(check, config->mailboxes[i].name, &config->mailboxes[i].password);
	for (size_t i = 0; i < config->n_texts; i++) {
		check_secret(check, config->texts[i].name, &config->texts[i].token);
		check_secret(check, config->texts[i].name, &config->texts[i].api_key);
	}
	if (config->outgoing != NULL)
		check_secret(check, config->outgoing->name, &config->outgoing->password);
}

static void check_landlord(struct check *check, const struct rd_landlord *landlord)
{
	struct rd_finding findings[RD_FINDINGS_MAX];
	size_t n = rd_landlord_check(
		landlord, rd_date_of(check->now_ms), rd_config_is_real(check->config), findings);

	for (size_t i = 0; i < n; i++)
		say(check, findings[i].refuse, findings[i].text);
}

enum rd_rc rd_service_check(const struct rd_config *config, const struct rd_clock *clock,
	bool *ret_refuse, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(CHECK_ARENA_BYTES);
	RD_CLEANUP(rd_live_cleanup) struct rd_live *live = NULL;
	struct check check = { .config = config, .now_ms = rd_now_ms(clock) };
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	const size_t n = rd_config_landlords(config, landlords);
	struct rd_rulefiles files;

	check_secrets(&check);
	RD_TRY(rd_rulefiles_read(config->rules, arena, &files, err));
	RD_TRY(rd_rules_prove(&files, check.now_ms, err));
	RD_TRY(rd_policies_check(&files, err));
	RD_TRY(rd_live_make(&files, landlords, n, &live, err));
	for (size_t i = 0; i < n; i++)
		check_landlord(&check, &rd_live_policy(live, landlords[i])->landlord);
	*ret_refuse = check.refuse;
	return RD_OK;
}
