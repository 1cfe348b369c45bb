/* The `OAuth:` stanza: whose tokens stand in for a password, and by which proof they are given. */
#include <stdio.h>
#include <string.h>

#include "redress/wire/config_fields.h"
#include "redress/wire/refresh_token.h"

#define MICROSOFT_URL	"https://login.microsoftonline.com/%s/oauth2/v2.0/token"
#define MICROSOFT_SCOPE "https://outlook.office365.com/.default"
#define GOOGLE_URL	"https://oauth2.googleapis.com/token"
#define GOOGLE_SCOPE	"https://mail.google.com/"

const char *const rd_oauth_kind_names[] = { "microsoft", "google", "other", NULL };

static enum rd_rc not_of_this_kind(
	const struct rd_reading *r, const struct rd_oauth_config *oauth, const char *const *fields)
{
	for (; *fields != NULL; fields++) {
		const struct rd_field *found = rd_stanza_field(r->stanza, *fields);

		if (found != NULL)
			return rd_stanza_fail(r->stanza, found, r->err,
				"`Kind: %s` has no use for `%s:`; leave the line out",
				rd_oauth_kind_names[oauth->kind], *fields);
	}
	return RD_OK;
}

/* It becomes a part of the token URL's path. */
static enum rd_rc check_tenant(const struct rd_reading *r, const char *tenant)
{
	if (rd_plain_name(tenant))
		return RD_OK;
	return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, "Tenant"), r->err,
		"`%s` is no tenant; write the directory (tenant) ID, such as "
		"00000000-0000-0000-0000-000000000000, or the domain of the directory",
		tenant);
}

/* By one proof, not by two: which of them would be used? */
static enum rd_rc read_microsoft(const struct rd_reading *r, struct rd_oauth_config *oauth)
{
	static const char *const others[] = { "Service account", "Refresh token", NULL };
	const bool secret = oauth->secret.from != RD_SECRET_NONE;
	const bool key = oauth->key.from != RD_SECRET_NONE;

	RD_TRY(not_of_this_kind(r, oauth, others));
	RD_TRY(rd_reading_required(
		r, "Tenant", "00000000-0000-0000-0000-000000000000", &oauth->tenant));
	RD_TRY(check_tenant(r, oauth->tenant));
	RD_TRY(rd_reading_required(
		r, "Client", "00000000-0000-0000-0000-000000000000", &oauth->client));
	oauth->token_url = rd_reading_text(
		r, "Token URL", rd_arena_printf(r->arena, MICROSOFT_URL, oauth->tenant));
	oauth->scope = rd_reading_text(r, "Scope", MICROSOFT_SCOPE);
	if (secret && (key || oauth->certificate[0] != '\0'))
		return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, "Secret"), r->err,
			"`Secret:` or `Certificate:` with its `Key:`, not both; keep the one that "
			"you gave the app registration");
	if (secret)
		return RD_OK;
	if (key && oauth->certificate[0] == '\0')
		return rd_reading_missing(r, "Certificate", "/etc/redress/m365.pem");
	if (!key && oauth->certificate[0] != '\0')
		return rd_reading_missing(r, "Key", "credential m365-key");
	return key ? RD_OK : rd_reading_missing(r, "Secret", "credential m365");
}

static enum rd_rc read_google(const struct rd_reading *r, struct rd_oauth_config *oauth)
{
	static const char *const others[] = { "Tenant", "Certificate", "Key", NULL };
	static const char *const by_consent[] = { "Client", "Secret", "Refresh token", NULL };

	RD_TRY(not_of_this_kind(r, oauth, others));
	oauth->token_url = rd_reading_text(r, "Token URL", GOOGLE_URL);
	oauth->scope = rd_reading_text(r, "Scope", GOOGLE_SCOPE);
	if (oauth->service_account.from == RD_SECRET_NONE &&
		oauth->refresh_token.from == RD_SECRET_NONE)
		return rd_reading_missing(r, "Service account", "credential google");
	if (oauth->service_account.from == RD_SECRET_NONE) {
		RD_TRY(rd_reading_required(
			r, "Client", "000000000000-x.apps.googleusercontent.com", &oauth->client));
		return oauth->secret.from != RD_SECRET_NONE
			       ? RD_OK
			       : rd_reading_missing(r, "Secret", "credential google");
	}
	for (size_t i = 0; by_consent[i] != NULL; i++)
		if (rd_stanza_field(r->stanza, by_consent[i]) != NULL)
			return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, by_consent[i]),
				r->err, "a service account needs no `%s:`; leave the line out",
				by_consent[i]);
	return RD_OK;
}

static enum rd_rc read_other(const struct rd_reading *r, struct rd_oauth_config *oauth)
{
	static const char *const others[] = { "Tenant", "Certificate", "Key", "Service account",
		NULL };

	RD_TRY(not_of_this_kind(r, oauth, others));
	RD_TRY(rd_reading_required(
		r, "Token URL", "https://login.mail.example/token", &oauth->token_url));
	oauth->scope = rd_reading_text(r, "Scope", "");
	RD_TRY(rd_reading_required(r, "Client", "redress", &oauth->client));
	return oauth->secret.from != RD_SECRET_NONE
		       ? RD_OK
		       : rd_reading_missing(r, "Secret", "credential oauth");
}

/* Secrets go there: never in the clear but to this machine itself. */
static enum rd_rc check_token_url(const struct rd_reading *r, const char *url)
{
	char host[256];
	size_t len;

	if (strncmp(url, "https://", 8) == 0 && url[8] != '\0')
		return RD_OK;
	if (strncmp(url, "http://", 7) == 0) {
		len = strcspn(url + 7, ":/");
		if (url[7] == '[')
			len = strcspn(url + 8, "]");
		if (len < sizeof host) {
			memcpy(host, url + 7 + (url[7] == '['), len);
			host[len] = '\0';
			if (rd_host_is_loopback(host))
				return RD_OK;
		}
	}
	return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, "Token URL"), r->err,
		"the address of the token begins with https://; a secret is sent there");
}

static enum rd_rc read_expires(const struct rd_reading *r, struct rd_oauth_config *oauth)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Secret expires");
	struct rd_err ignored = { 0 };

	if (found == NULL)
		return RD_OK;
	if (oauth->certificate[0] != '\0')
		return rd_stanza_fail(r->stanza, found, r->err,
			"a certificate says itself when it expires; leave the line out");
	if (rd_date_parse(found->value, &oauth->secret_expires, &ignored) == RD_OK)
		return RD_OK;
	return rd_stanza_fail(
		r->stanza, found, r->err, "`%s` is no day; write it as `2027-11-30`", found->value);
}

enum rd_rc rd_config_oauth(const struct rd_reading *r, struct rd_oauth_config *oauth)
{
	int kind = RD_OAUTH_MICROSOFT;

	RD_TRY(rd_reading_name(r));
	oauth->name = r->stanza->fields[0].value;
	if (rd_stanza_field(r->stanza, "Kind") == NULL)
		return rd_reading_missing(r, "Kind", "microsoft");
	RD_TRY(rd_reading_choice(r, "Kind", rd_oauth_kind_names, &kind));
	oauth->kind = (enum rd_oauth_kind)kind;
	oauth->tenant = oauth->client = "";
	oauth->certificate = "";
	oauth->ca_file = rd_reading_text(r, "CA file", "");
	RD_TRY(rd_reading_secret(r, "Secret", &oauth->secret));
	RD_TRY(rd_reading_secret(r, "Key", &oauth->key));
	RD_TRY(rd_reading_secret(r, "Service account", &oauth->service_account));
	RD_TRY(rd_reading_secret(r, "Refresh token", &oauth->refresh_token));
	if (rd_stanza_field(r->stanza, "Certificate") != NULL)
		RD_TRY(rd_reading_path(
			r, "Certificate", "/etc/redress/m365.pem", &oauth->certificate));
	switch (oauth->kind) {
	case RD_OAUTH_MICROSOFT:
		RD_TRY(read_microsoft(r, oauth));
		break;
	case RD_OAUTH_GOOGLE:
		RD_TRY(read_google(r, oauth));
		break;
	case RD_OAUTH_OTHER:
		RD_TRY(read_other(r, oauth));
		break;
	}
	RD_TRY(read_expires(r, oauth));
	return check_token_url(r, oauth->token_url);
}

static const struct rd_oauth_config *named(const struct rd_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_oauths; i++)
		if (strcmp(config->oauths[i].name, name) == 0)
			return &config->oauths[i];
	return NULL;
}

enum rd_rc rd_config_sign_in(const struct rd_reading *r, const struct rd_config *config,
	const char *password_example, struct rd_secret_place *ret_password,
	const struct rd_oauth_config **ret_oauth)
{
	const struct rd_field *oauth = rd_stanza_field(r->stanza, "OAuth");
	const bool has_user = rd_reading_text(r, "User", "")[0] != '\0';

	RD_TRY(rd_reading_secret(r, "Password", ret_password));
	if (oauth == NULL)
		return ret_password->from == RD_SECRET_NONE && has_user
			       ? rd_reading_missing(r, "Password", password_example)
			       : RD_OK;
	if (ret_password->from != RD_SECRET_NONE)
		return rd_stanza_fail(r->stanza, oauth, r->err,
			"`Password:` or `OAuth:`, not both; leave one of the lines out");
	if (!has_user)
		return rd_reading_missing(r, "User", "complaints@landlord.example");
	*ret_oauth = named(config, oauth->value);
	if (*ret_oauth != NULL)
		return RD_OK;
	return rd_stanza_fail(r->stanza, oauth, r->err,
		"there is no stanza `OAuth: %s`; write one, or name one that is there",
		oauth->value);
}

void rd_config_keep_refreshed(struct rd_config *config)
{
	char path[4096];

	for (size_t i = 0; i < config->n_oauths; i++) {
		struct rd_oauth_config *oauth = &config->oauths[i];

		if (oauth->refresh_token.from == RD_SECRET_NONE)
			continue;
		snprintf(path, sizeof path, "%s.refresh-%s", config->state, oauth->name);
		oauth->refresh = rd_refresh_new(path);
	}
}
