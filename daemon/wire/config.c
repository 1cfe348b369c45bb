#include "redress/wire/config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/wire/config_fields.h"
#include "redress/wire/refresh_token.h"
#include "redress/wire/tokens.h"

#define CONFIG_ARENA_BYTES (8u << 20)

/* The public struct comes first, so that its address is the whole's. */
struct config_owner {
	struct rd_config config;
	struct rd_arena *arena;
	struct rd_mailbox_config mailboxes[RD_MAILBOXES_MAX];
	struct rd_texts_config texts[RD_TEXTS_MAX];
	struct rd_outgoing_config outgoing;
	struct rd_role_config roles[RD_ROLES_MAX];
	struct rd_oauth_config oauths[RD_OAUTH_MAX];
	struct rd_hook_config hooks[RD_HOOKS_MAX];
	struct rd_open311_config open311[RD_OPEN311_MAX];
	struct rd_api_token_config api_tokens[RD_API_TOKENS_MAX];
};

static const char *const gateway_fields[] = { "Gateway", "State", "Rules", "Listen",
	"Trusted proxy", "Public URL", "Landlord", "Staff", "Homes", "Keep", "Alarms to",
	"Warnings to", "Warn before", "Text hours", "Text pause", "Letters per hour",
	"Letters per day", "Messages per hour", "Messages per day", "Many messages from", NULL };
static const char *const gateway_repeatable[] = { "Trusted proxy", "Staff", "Homes", "Keep",
	"Many messages from", NULL };
static const char *const mailbox_fields[] = { "Mailbox", "Kind", "Path", "Host", "Port", "Folder",
	"Security", "CA file", "User", "Password", "OAuth", "Landlord", "Start from", "Afterwards",
	"Size limit", "Trust results of", "Form sender", "Form field", NULL };
static const char *const mailbox_repeatable[] = { "Trust results of", "Form sender", "Form field",
	NULL };
static const char *const texts_fields[] = { "Texts", "Kind", "Number", "Account", "Token",
	"API key", "User", "Signature", "Template", "API URL", "Poll every", "Path", "Landlord",
	NULL };
static const char *const outgoing_fields[] = { "Outgoing", "Kind", "Path", "Host", "Port",
	"Security", "CA file", "User", "Password", "OAuth", "From", "Envelope sender", NULL };
static const char *const oauth_fields[] = { "OAuth", "Kind", "Tenant", "Client", "Secret",
	"Secret expires", "Certificate", "Key", "Service account", "Refresh token", "Token URL",
	"Scope", "CA file", NULL };
static const char *const role_fields[] = { "Role", "To", "Landlord", "Also called", "Held by",
	"Hours", "Days", "Out of hours to", "Then up", "Digest", NULL };
static const char *const role_repeatable[] = { "Also called", "Held by", NULL };
static const char *const hook_fields[] = { "Webhook", "URL", "Secret", "Events", "Landlord",
	"Allow internal", "CA file", NULL };
static const char *const hook_repeatable[] = { "Secret", NULL };
static const char *const open311_fields[] = { "Open311", "URL", "Jurisdiction", "API key",
	"Service", "Default service", "Address", "Reference attribute", "Send words", "Lists all",
	"Landlord", "Allow internal", "CA file", NULL };
static const char *const open311_repeatable[] = { "Service", NULL };
static const char *const api_token_fields[] = { "API token", "Token", "Role", "Landlord",
	"Requests a minute", NULL };
static const char *const stanza_names[] = { "Gateway", "Mailbox", "Texts", "Outgoing", "OAuth",
	"Role", "Webhook", "Open311", "API token", NULL };

/* In the order of stanza_names. */
enum form {
	FORM_GATEWAY,
	FORM_MAILBOX,
	FORM_TEXTS,
	FORM_OUTGOING,
	FORM_OAUTH,
	FORM_ROLE,
	FORM_HOOK,
	FORM_OPEN311,
	FORM_API_TOKEN,
	N_FORMS
};
static const struct rd_stanza_form forms[N_FORMS] = {
	[FORM_GATEWAY] = { gateway_fields, gateway_repeatable },
	[FORM_MAILBOX] = { mailbox_fields, mailbox_repeatable },
	[FORM_TEXTS] = { texts_fields, NULL },
	[FORM_OUTGOING] = { outgoing_fields, NULL },
	[FORM_ROLE] = { role_fields, role_repeatable },
	[FORM_OAUTH] = { oauth_fields, NULL },
	[FORM_HOOK] = { hook_fields, hook_repeatable },
	[FORM_API_TOKEN] = { api_token_fields, NULL },
	[FORM_OPEN311] = { open311_fields, open311_repeatable },
};

bool rd_host_is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (strcmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool rd_config_is_real(const struct rd_config *config)
{
	for (size_t i = 0; i < config->n_mailboxes; i++)
		if (config->mailboxes[i].kind != RD_MAILBOX_MAILDIR)
			return true;
	for (size_t i = 0; i < config->n_texts; i++)
		if (config->texts[i].kind != RD_TEXTS_TRAY)
			return true;
	return config->outgoing != NULL && config->outgoing->kind != RD_OUTGOING_MAILDIR;
}

bool rd_config_is_staff(const struct rd_config *config, const char *address)
{
	const char *domain = strrchr(address, '@');

	for (size_t i = 0; i < config->n_roles; i++)
		if (strcasecmp(config->roles[i].to, address) == 0 ||
			(address[0] != '\0' &&
				strcasecmp(config->roles[i].out_of_hours, address) == 0))
			return true;
	for (size_t i = 0; domain != NULL && domain != address && i < config->n_staff; i++)
		if (strcasecmp(config->staff[i], config->staff[i][0] == '@' ? domain : address) ==
			0)
			return true;
	return false;
}

int64_t rd_config_homes(const struct rd_config *config, const char *landlord)
{
	for (size_t i = 0; i < config->n_homes; i++)
		if (strcmp(config->homes[i].landlord, landlord) == 0)
			return config->homes[i].n;
	return 0;
}

static bool stands_in_a_stanza(const char *name)
{
	for (size_t i = 0; i < N_FORMS; i++)
		for (size_t k = 0; forms[i].fields[k] != NULL; k++)
			if (strcasecmp(name, forms[i].fields[k]) == 0)
				return true;
	return false;
}

static bool is_oauth(const struct rd_stanza *stanza)
{
	return strcasecmp(stanza->fields[0].name, "OAuth") == 0;
}

static enum rd_rc too_many(const struct rd_reading *r, int max, const char *what)
{
	return rd_stanza_fail(
		r->stanza, &r->stanza->fields[0], r->err, "more than %d %s", max, what);
}

static enum rd_rc read_oauth(const struct rd_reading *r, struct rd_config *config)
{
	struct rd_oauth_config *oauth = &config->oauths[config->n_oauths];

	if (config->n_oauths == RD_OAUTH_MAX)
		return too_many(r, RD_OAUTH_MAX, "`OAuth:` stanzas");
	RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_OAUTH, r->err));
	for (size_t i = 0; i < config->n_oauths; i++)
		if (strcmp(config->oauths[i].name, r->stanza->fields[0].value) == 0)
			return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
				"a second `OAuth: %s`; give each a name of its own",
				config->oauths[i].name);
	oauth->tokens = rd_tokens_new();
	config->n_oauths++;
	return rd_config_oauth(r, oauth);
}

static enum rd_rc read_outgoing(const struct rd_reading *r, struct config_owner *owner)
{
	if (owner->config.outgoing != NULL)
		return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
			"a second `Outgoing:` stanza; there is one a file");
	owner->config.outgoing = &owner->outgoing;
	return rd_config_outgoing(r, &owner->config, &owner->outgoing);
}

static enum rd_rc no_such_stanza(const struct rd_reading *r)
{
	const struct rd_field *first = &r->stanza->fields[0];
	const char *guess;

	if (stands_in_a_stanza(first->name))
		return rd_stanza_fail(r->stanza, first, r->err,
			"a stanza does not begin with `%s:`; is there an empty line too many "
			"before it?",
			first->name);
	guess = rd_did_you_mean(first->name, stanza_names);
	return rd_stanza_fail(r->stanza, first, r->err,
		"a stanza begins with `Gateway:`, `Mailbox:`, `Texts:`, `Outgoing:`, `OAuth:`, "
		"`Role:`, `Webhook:`, `Open311:` or `API token:`, not `%s:`%s%s%s",
		first->name, guess != NULL ? "; did you mean `" : "", guess != NULL ? guess : "",
		guess != NULL ? "`?" : "");
}

static enum form form_of(const struct rd_stanza *stanza)
{
	int form = 0;

	while (form < N_FORMS && strcasecmp(stanza->fields[0].name, stanza_names[form]) != 0)
		form++;
	return (enum form)form;
}

static enum rd_rc read_stanza(const struct rd_reading *r, struct config_owner *owner)
{
	struct rd_config *config = &owner->config;
	const enum form form = form_of(r->stanza);

	if (form == N_FORMS)
		return no_such_stanza(r);
	RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, form, r->err));
	switch (form) {
	case FORM_GATEWAY:
		return rd_config_gateway(r, config);
	case FORM_MAILBOX:
		if (config->n_mailboxes == RD_MAILBOXES_MAX)
			return too_many(r, RD_MAILBOXES_MAX, "mailboxes");
		return rd_config_mailbox(r, config, &config->mailboxes[config->n_mailboxes++]);
	case FORM_TEXTS:
		if (config->n_texts == RD_TEXTS_MAX)
			return too_many(r, RD_TEXTS_MAX, "numbers");
		return rd_config_texts(r, config->public_url, &config->texts[config->n_texts++]);
	case FORM_OUTGOING:
		return read_outgoing(r, owner);
	case FORM_ROLE:
		return rd_config_role_stanza(r, owner->roles, &config->n_roles);
	case FORM_HOOK:
		if (config->n_hooks == RD_HOOKS_MAX)
			return too_many(r, RD_HOOKS_MAX, "webhooks");
		return rd_config_hook(r, &config->hooks[config->n_hooks++]);
	case FORM_OPEN311:
		if (config->n_open311 == RD_OPEN311_MAX)
			return too_many(r, RD_OPEN311_MAX, "Open311 servers");
		return rd_config_open311(r, &config->open311[config->n_open311++]);
	case FORM_API_TOKEN:
		if (config->n_api_tokens == RD_API_TOKENS_MAX)
			return too_many(r, RD_API_TOKENS_MAX, "tokens");
		return rd_config_api_token(r, &config->api_tokens[config->n_api_tokens++]);
	case FORM_OAUTH: /* read before all others, for they may name it */
	case N_FORMS:
		break;
	}
	return RD_OK;
}

/* The names of stanzas of one kind lie bytes_each apart. */
static const char *name_at(const char *const *first, size_t i, size_t bytes_each)
{
	return *(const char *const *)(const void *)((const char *)first + i * bytes_each);
}

static enum rd_rc check_names(const char *what, const char *const *first, size_t n,
	size_t bytes_each, const char *file, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(name_at(first, i, bytes_each), name_at(first, k, bytes_each)) ==
				0)
				return rd_fail(err, RD_E_INPUT,
					"%s: two %s are called `%s`; give each a name of its own",
					file, what, name_at(first, i, bytes_each));
	return RD_OK;
}

static enum rd_rc check_names_differ(
	const struct rd_config *config, const char *file, struct rd_err *err)
{
	RD_TRY(check_names("mailboxes", &config->mailboxes[0].name, config->n_mailboxes,
		sizeof config->mailboxes[0], file, err));
	RD_TRY(check_names("`Texts:` stanzas", &config->texts[0].name, config->n_texts,
		sizeof config->texts[0], file, err));
	RD_TRY(check_names("webhooks", &config->hooks[0].name, config->n_hooks,
		sizeof config->hooks[0], file, err));
	RD_TRY(check_names("Open311 servers", &config->open311[0].name, config->n_open311,
		sizeof config->open311[0], file, err));
	return check_names("API tokens", &config->api_tokens[0].name, config->n_api_tokens,
		sizeof config->api_tokens[0], file, err);
}

static enum rd_rc check_whole(struct rd_config *config, const char *file, struct rd_err *err)
{
	if (config->gateway == NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: no `Gateway:` stanza; begin the file with `Gateway: NAME`, "
			"`State: FILE` "
			"and `Landlord: NAME`",
			file);
	if (config->n_mailboxes + config->n_texts == 0)
		return rd_fail(err, RD_E_INPUT,
			"%s: nothing to listen to; add a `Mailbox:` or a `Texts:` stanza", file);
	if (config->n_texts > 0 && !config->listen)
		return rd_fail(err, RD_E_INPUT,
			"%s: text messages come in by HTTP; add `Listen: 127.0.0.1:8425` to the "
			"`Gateway:` stanza",
			file);
	if (config->n_api_tokens > 0 && !config->listen)
		return rd_fail(err, RD_E_INPUT,
			"%s: the read API is asked by HTTP; add `Listen: 127.0.0.1:8425` to the "
			"`Gateway:` stanza",
			file);
	if (config->n_mailboxes > 0 && config->outgoing == NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s: no way to answer a mail; add an `Outgoing:` stanza", file);
	for (size_t i = 0; i < config->n_mailboxes; i++)
		if (config->mailboxes[i].landlord == NULL)
			config->mailboxes[i].landlord = config->landlord;
	for (size_t i = 0; i < config->n_texts; i++)
		if (config->texts[i].landlord == NULL)
			config->texts[i].landlord = config->landlord;
	RD_TRY(check_names_differ(config, file, err));
	return rd_config_check_roles(config, file, err);
}

static struct config_owner *new_owner(void)
{
	struct config_owner *owner = calloc(1, sizeof *owner);

	RD_ASSERT(owner != NULL);
	owner->arena = rd_arena_new(CONFIG_ARENA_BYTES);
	owner->config.mailboxes = owner->mailboxes;
	owner->config.texts = owner->texts;
	owner->config.roles = owner->roles;
	owner->config.warnings_to = "";
	owner->config.oauths = owner->oauths;
	owner->config.hooks = owner->hooks;
	owner->config.open311 = owner->open311;
	owner->config.api_tokens = owner->api_tokens;
	owner->config.listen_host = "127.0.0.1";
	owner->config.public_url = "";
	owner->config.alarms_to = "";
	owner->config.text_hours_from_min = 8 * 60;
	owner->config.text_hours_to_min = 20 * 60;
	owner->config.text_pause_s = 90;
	return owner;
}

enum rd_rc rd_config_parse(const char *file, const char *text, size_t len,
	struct rd_config **ret_config, struct rd_err *err)
{
	struct config_owner *owner = new_owner();
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = &owner->config;
	struct rd_stanzas stanzas;

	config->file = rd_arena_strdup(owner->arena, file);
	RD_TRY(rd_stanzas_parse(config->file, text, len, owner->arena, &stanzas, err));
	for (size_t i = 0; i < stanzas.n_items; i++) {
		const struct rd_reading reading = { owner->arena, &stanzas.items[i], err };

		if (is_oauth(reading.stanza))
			RD_TRY(read_oauth(&reading, config));
	}
	for (size_t i = 0; i < stanzas.n_items; i++) {
		const struct rd_reading reading = { owner->arena, &stanzas.items[i], err };

		RD_TRY(read_stanza(&reading, owner));
	}
	RD_TRY(check_whole(config, file, err));
	rd_config_keep_refreshed(config);
	*ret_config = RD_STEAL(config);
	return RD_OK;
}

enum rd_rc rd_config_read(const char *path, struct rd_config **ret_config, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(CONFIG_ARENA_BYTES);
	const char *text;
	size_t len;

	RD_TRY(rd_file_read(path, RD_STANZA_FILE_MAX, arena, &text, &len, err));
	return rd_config_parse(path, text, len, ret_config, err);
}

void rd_config_free(struct rd_config *config)
{
	struct config_owner *owner = (struct config_owner *)(void *)config;

	if (owner == NULL)
		return;
	for (size_t i = 0; i < config->n_oauths; i++) {
		rd_tokens_free(config->oauths[i].tokens);
		rd_refresh_free(config->oauths[i].refresh);
	}
	rd_arena_free(owner->arena);
	free(owner);
}

void rd_config_cleanup(struct rd_config **config)
{
	rd_config_free(*config);
}
