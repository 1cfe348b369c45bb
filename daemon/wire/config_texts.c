/* The `Texts:` stanza. What a kind must be given stands in the provider's own table. */
#include "redress/wire/config_fields.h"

#include <string.h>

#include "redress/wire/providers/provider.h"

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
	if (needs->template_id)
		RD_TRY(rd_reading_required(r, "Template", needs->template_id, &texts->template_id));
	if (needs->api_key && texts->api_key.from == RD_SECRET_NONE)
		return rd_reading_missing(r, "API key", needs->api_key);
	if (needs->path)
		RD_TRY(rd_reading_path(r, "Path", needs->path, &texts->path));
	return needs->public_url ? check_public_url(r, public_url) : RD_OK;
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
	return check_needs(r, public_url, texts);
}
