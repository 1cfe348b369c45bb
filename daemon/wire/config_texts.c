/* The `Texts:` stanza. What a kind must be given stands in the provider's own table. */
#include "redress/wire/config_fields.h"

#include <stdlib.h>
#include <string.h>

#include "redress/wire/providers/provider.h"

#define POLL_USUAL_MS (5 * 60 * (int64_t)1000)
#define POLL_MIN_S    10
#define POLL_MAX_S    3600

static enum rd_rc read_kind(const struct rd_reading *r, enum rd_texts_kind *ret_kind)
{
	const char *kinds[RD_N_TEXTS_KINDS + 1] = { NULL };
	int kind = 0;

	if (rd_stanza_field(r->stanza, "Kind") == NULL)
		return rd_reading_missing(r, "Kind", "twilio");
	for (int i = 0; i < RD_N_TEXTS_KINDS; i++)
		kinds[i] = rd_provider_of((enum rd_texts_kind)i)->kind;
	RD_TRY(rd_reading_choice(r, "Kind", kinds, &kind));
	*ret_kind = (enum rd_texts_kind)kind;
	return RD_OK;
}

static enum rd_rc check_public_url(const struct rd_reading *r, const char *public_url)
{
	if (public_url[0] != '\0')
		return RD_OK;
	return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
		"its requests are signed over the public address; add `Public URL: https://...` to "
		"the "
		"`Gateway:` stanza, as the provider was told it");
}

static enum rd_rc check_needs(
	const struct rd_reading *r, const char *public_url, struct rd_texts_config *texts)
{
	const struct rd_provider_needs *needs = &rd_provider_of(texts->kind)->needs;

	if (texts->token.from == RD_SECRET_NONE)
		return rd_reading_missing(r, "Token", "credential texts");
	if (needs->account)
		RD_TRY(rd_reading_required(r, "Account", needs->account, &texts->account));
	if (needs->user)
		RD_TRY(rd_reading_required(r, "User", needs->user, &texts->user));
	if (needs->template_id)
		RD_TRY(rd_reading_required(r, "Template", needs->template_id, &texts->template_id));
	if (needs->api_key && texts->api_key.from == RD_SECRET_NONE)
		return rd_reading_missing(r, "API key", needs->api_key);
	if (needs->path)
		RD_TRY(rd_reading_path(r, "Path", needs->path, &texts->path));
	return needs->public_url ? check_public_url(r, public_url) : RD_OK;
}

static enum rd_rc read_signature(const struct rd_reading *r, struct rd_texts_config *texts)
{
	const char *const *signatures = rd_provider_of(texts->kind)->signatures;
	int chosen = 0;

	texts->signature = "";
	if (signatures == NULL)
		return RD_OK;
	RD_TRY(rd_reading_choice(r, "Signature", signatures, &chosen));
	texts->signature = signatures[chosen];
	return RD_OK;
}

/* "5 min", "30 s", "never". */
static enum rd_rc read_poll(const struct rd_reading *r, struct rd_texts_config *texts)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Poll every");
	char *unit = NULL;
	long number, seconds = 0;

	texts->poll_ms = rd_provider_of(texts->kind)->build_list ? POLL_USUAL_MS : 0;
	if (found == NULL)
		return RD_OK;
	if (strcmp(found->value, "never") == 0) {
		texts->poll_ms = 0;
		return RD_OK;
	}
	if (!rd_provider_of(texts->kind)->build_list)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`Kind: %s` has no list of received texts to look at; leave the line out",
			rd_provider_of(texts->kind)->kind);
	number = strtol(found->value, &unit, 10);
	unit += strspn(unit, " ");
	if (number > 0 && number <= POLL_MAX_S && strcmp(unit, "s") == 0)
		seconds = number;
	else if (number > 0 && number <= POLL_MAX_S / 60 && strcmp(unit, "min") == 0)
		seconds = number * 60;
	if (seconds < POLL_MIN_S || seconds > POLL_MAX_S)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is neither `never` nor a stretch from 10 s to 60 min; write for "
			"example `5 min`",
			found->value);
	texts->poll_ms = seconds * 1000;
	return RD_OK;
}

enum rd_rc rd_config_texts(
	const struct rd_reading *r, const char *public_url, struct rd_texts_config *texts)
{
	RD_TRY(rd_reading_name(r));
	texts->name = r->stanza->fields[0].value;
	RD_TRY(read_kind(r, &texts->kind));
	RD_TRY(rd_reading_required(r, "Number", "+447700900000", &texts->number));
	RD_TRY(rd_reading_secret(r, "Token", &texts->token));
	RD_TRY(rd_reading_secret(r, "API key", &texts->api_key));
	texts->account = rd_reading_text(r, "Account", "");
	texts->template_id = rd_reading_text(r, "Template", "");
	texts->path = rd_reading_text(r, "Path", "");
	texts->landlord = rd_reading_text(r, "Landlord", NULL);
	texts->api_url = rd_reading_text(r, "API URL", rd_provider_of(texts->kind)->api_url);
	texts->user = rd_reading_text(r, "User", "");
	RD_TRY(read_signature(r, texts));
	RD_TRY(read_poll(r, texts));
	return check_needs(r, public_url, texts);
}
