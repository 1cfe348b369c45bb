#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/stanza.h"
#include "redress/deliver/hook_message.h"
#include "redress/gateway/office.h"
#include "redress/gateway/role_check.h"
#include "redress/gateway/service.h"
#include "redress/gateway/sign_ins.h"
#include "redress/intake/api.h"
#include "redress/rules/lint.h"
#include "redress/wire/credential.h"
#include "redress/wire/oauth.h"

#define CHECK_ARENA_BYTES (RD_RULEFILES_BYTES_MAX + (16u << 20))
#define PATH_BYTES	  4096

struct check {
	const struct rd_config *config;
	struct rd_stanzas
		stanzas; /* of its file, for line and column; none where it is not there */
	int64_t now_ms;
	bool refuse;
};

static void say(struct check *check, bool refuse, const char *text)
{
	printf("%s: %s\n", refuse ? "error" : "warning", text);
	check->refuse = check->refuse || refuse;
}

/* --- where a line of the configuration is at fault --- */

static const struct rd_stanza *stanza_of(
	const struct check *check, const char *kind, const char *label)
{
	for (size_t i = 0; i < check->stanzas.n_items; i++) {
		const struct rd_stanza *stanza = &check->stanzas.items[i];

		if (strcasecmp(stanza->fields[0].name, kind) == 0 &&
			strcmp(stanza->fields[0].value, label) == 0)
			return stanza;
	}
	return NULL;
}

/* field: of that stanza; where it has none its first line is named. */
RD_PRINTF(5, 6)
static void fault(struct check *check, const char *kind, const char *label, const char *field,
	const char *format, ...)
{
	const struct rd_stanza *stanza = stanza_of(check, kind, label);
	const struct rd_field *at = NULL;
	char what[RD_ERR_MAX], text[RD_ERR_MAX + PATH_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (stanza != NULL)
		at = rd_stanza_field(stanza, field);
	if (stanza != NULL && at == NULL)
		at = &stanza->fields[0];
	if (at != NULL)
		snprintf(text, sizeof text, "%s:%d:%d: %s", check->config->file, at->line,
			at->value_column, what);
	else
		snprintf(text, sizeof text, "%s: %s: %s", check->config->file, label, what);
	say(check, true, text);
}

/* --- what the stanzas name --- */

static bool is_folder(const char *path)
{
	struct stat about;

	return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static void check_parent(struct check *check, const char *kind, const char *label,
	const char *field, const char *path)
{
	char parent[PATH_BYTES];
	char *slash;

	snprintf(parent, sizeof parent, "%s", path);
	slash = strrchr(parent, '/');
	if (slash == NULL)
		return;
	*slash = '\0';
	if (parent[0] != '\0' && !is_folder(parent))
		fault(check, kind, label, field, "there is no folder %.300s; make it first",
			parent);
}

static void check_state(struct check *check)
{
	const struct rd_config *config = check->config;

	if (is_folder(config->state))
		fault(check, "Gateway", config->gateway, "State",
			"%.300s is a folder; name a file in it, such as %.300s/redress.db",
			config->state, config->state);
	else
		check_parent(check, "Gateway", config->gateway, "State", config->state);
}

static void check_secret(struct check *check, const char *kind, const char *label,
	const char *field, const struct rd_secret_place *place)
{
	RD_CLEANUP(rd_secret_wipe) struct rd_secret secret = { { 0 } };
	struct rd_err err = { 0 };

	if (place->from != RD_SECRET_NONE && rd_credential_read(place, &secret, &err) != RD_OK)
		fault(check, kind, label, field, "%s", err.msg);
}

static void check_ca_file(
	struct check *check, const char *kind, const char *label, const char *path)
{
	if (path[0] != '\0' && access(path, R_OK) != 0)
		fault(check, kind, label, "CA file", "%.300s: %s", path, strerror(errno));
}

static void check_sign_in(struct check *check, const char *name, const char *host,
	const struct rd_secret_place *password)
{
	static const char *const hosts[] = { "outlook.office365.com", "smtp.office365.com" };
	char text[300];

	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
		if (strcasecmp(hosts[i], host) == 0 && password->from != RD_SECRET_NONE) {
			snprintf(text, sizeof text,
				"%s: Microsoft 365 takes no passwords from programs; write an "
				"`OAuth:` stanza and name it in place of `Password:`",
				name);
			say(check, false, text);
		}
}

static bool is_same_mailbox(const struct rd_mailbox_config *a, const struct rd_mailbox_config *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == RD_MAILBOX_MAILDIR)
		return strcmp(a->path, b->path) == 0;
	return strcasecmp(a->host, b->host) == 0 && strcmp(a->user, b->user) == 0 &&
	       strcmp(a->folder, b->folder) == 0;
}

static void check_mailboxes(struct check *check)
{
	const struct rd_config *config = check->config;

	for (size_t i = 0; i < config->n_mailboxes; i++) {
		const struct rd_mailbox_config *mailbox = &config->mailboxes[i];

		check_secret(check, "Mailbox", mailbox->name, "Password", &mailbox->password);
		check_ca_file(check, "Mailbox", mailbox->name, mailbox->ca_file);
		check_sign_in(check, mailbox->name, mailbox->host, &mailbox->password);
		if (mailbox->kind == RD_MAILBOX_MAILDIR && !is_folder(mailbox->path))
			fault(check, "Mailbox", mailbox->name, "Path",
				"there is no Maildir %.300s; name the one that mail comes to",
				mailbox->path);
		for (size_t k = 0; k < i; k++)
			if (is_same_mailbox(mailbox, &config->mailboxes[k]))
				fault(check, "Mailbox", mailbox->name, "Mailbox",
					"`%s` is the same mailbox as `%s`; a mailbox has one "
					"stanza",
					mailbox->name, config->mailboxes[k].name);
	}
}

/* The days left, and what lies in the files; nothing is asked of anybody. */
static void check_oauths(struct check *check)
{
	const struct rd_config *config = check->config;

	for (size_t i = 0; i < config->n_oauths; i++) {
		const struct rd_oauth_config *oauth = &config->oauths[i];
		const char *field = "OAuth";
		char words[RD_SIGN_IN_WORDS];
		struct rd_err err = { 0 };
		struct rd_sign_in sign_in;

		check_ca_file(check, "OAuth", oauth->name, oauth->ca_file);
		if (rd_oauth_check(oauth, &field, &err) != RD_OK)
			fault(check, "OAuth", oauth->name, field, "%s", err.msg);
		else if (rd_sign_in_look(oauth, check->now_ms, &sign_in, &err) == RD_OK &&
			 rd_sign_in_warns(&sign_in, words))
			say(check, false, words);
	}
}

static void check_texts(struct check *check)
{
	const struct rd_config *config = check->config;

	for (size_t i = 0; i < config->n_texts; i++) {
		const struct rd_texts_config *texts = &config->texts[i];

		check_secret(check, "Texts", texts->name, "Token", &texts->token);
		check_secret(check, "Texts", texts->name, "API key", &texts->api_key);
		if (texts->kind == RD_TEXTS_TRAY)
			check_parent(check, "Texts", texts->name, "Path", texts->path);
	}
}

static void check_outgoing(struct check *check)
{
	const struct rd_outgoing_config *outgoing = check->config->outgoing;

	if (outgoing == NULL)
		return;
	check_secret(check, "Outgoing", outgoing->name, "Password", &outgoing->password);
	check_ca_file(check, "Outgoing", outgoing->name, outgoing->ca_file);
	check_sign_in(check, outgoing->name, outgoing->host, &outgoing->password);
	if (outgoing->kind == RD_OUTGOING_MAILDIR)
		check_parent(check, "Outgoing", outgoing->name, "Path", outgoing->path);
}

static void check_hooks(struct check *check)
{
	const struct rd_config *config = check->config;

	for (size_t i = 0; i < config->n_hooks; i++) {
		const struct rd_hook_config *hook = &config->hooks[i];

		for (size_t k = 0; k < hook->n_secrets; k++) {
			RD_CLEANUP(rd_secret_wipe) struct rd_secret secret = { { 0 } };
			RD_CLEANUP(rd_hook_key_wipe) struct rd_hook_key key = { .len = 0 };
			struct rd_err err = { 0 };

			if (rd_credential_read(&hook->secrets[k], &secret, &err) != RD_OK ||
				rd_hook_key_read(secret.text, &key, &err) != RD_OK)
				fault(check, "Webhook", hook->name, "Secret", "%s", err.msg);
		}
		check_ca_file(check, "Webhook", hook->name, hook->ca_file);
	}
}

static void check_open311(struct check *check)
{
	const struct rd_config *config = check->config;

	for (size_t i = 0; i < config->n_open311; i++) {
		check_secret(check, "Open311", config->open311[i].name, "API key",
			&config->open311[i].api_key);
		check_ca_file(
			check, "Open311", config->open311[i].name, config->open311[i].ca_file);
		if (config->open311[i].send_words)
			say(check, false,
				"Open311: `Send words: yes` lets residents' own words go to "
				"another "
				"system; see that your policy and your privacy notice name it");
	}
}

static void check_api_tokens(struct check *check)
{
	const struct rd_config *config = check->config;

	for (size_t i = 0; i < config->n_api_tokens; i++) {
		struct rd_config one = *config;
		struct rd_api *api = NULL;
		struct rd_err err = { 0 };

		one.api_tokens = &config->api_tokens[i];
		one.n_api_tokens = 1;
		if (rd_api_new(&one, &api, &err) != RD_OK)
			fault(check, "API token", config->api_tokens[i].name, "Token", "%s",
				err.msg);
		rd_api_free(api);
	}
}

/* False: no rules, and nothing more to look at. */
static bool check_rules_folder(struct check *check)
{
	const char *rules = check->config->rules;

	if (is_folder(rules))
		return true;
	fault(check, "Gateway", check->config->gateway, "Rules",
		"there is no rules folder %.300s; name the one that holds the *.rules files",
		rules);
	return false;
}

/* --- landlords --- */

/* A stanza that names a landlord without a profile, each at its own line; true: there is none. */
static bool check_named_landlords(struct check *check, const struct rd_rulefiles *files)
{
	bool all_known = true;

	for (size_t i = 0; i < check->stanzas.n_items; i++) {
		RD_CLEANUP(rd_policy_cleanup) struct rd_policy *policy = NULL;
		const struct rd_stanza *stanza = &check->stanzas.items[i];
		const struct rd_field *field = rd_stanza_field(stanza, "Landlord");
		struct rd_err err = { 0 };

		if (field == NULL ||
			rd_policy_load_clocks(files, field->value, &policy, &err) != RD_E_MISSING)
			continue;
		fault(check, stanza->fields[0].name, stanza->fields[0].value, "Landlord", "%s",
			err.msg);
		all_known = false;
	}
	return all_known;
}

static void check_landlord(struct check *check, const struct rd_landlord *landlord)
{
	struct rd_finding findings[RD_FINDINGS_MAX];
	size_t n = rd_landlord_check(
		landlord, rd_date_of(check->now_ms), rd_config_is_real(check->config), findings);

	for (size_t i = 0; i < n; i++)
		say(check, findings[i].refuse, findings[i].text);
}

static void say_of_roles(void *context, const char *text)
{
	say(context, false, text);
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
	struct rd_err unread = { 0 };

	if (rd_stanzas_read(config->file, arena, &check.stanzas, &unread) != RD_OK)
		check.stanzas.n_items = 0;
	check_state(&check);
	check_mailboxes(&check);
	check_oauths(&check);
	check_texts(&check);
	check_outgoing(&check);
	check_hooks(&check);
	check_open311(&check);
	check_api_tokens(&check);
	*ret_refuse = true;
	if (!check_rules_folder(&check))
		return RD_OK;
	RD_TRY(rd_rulefiles_read(config->rules, arena, &files, err));
	if (!check_named_landlords(&check, &files))
		return RD_OK;
	RD_TRY(rd_rules_prove(&files, check.now_ms, err));
	RD_TRY(rd_policies_check(&files, err));
	RD_TRY(rd_live_make(&files, landlords, n, &live, err));
	rd_role_check_config(config, say_of_roles, &check);
	for (size_t i = 0; i < n; i++) {
		const struct rd_landlord *landlord = &rd_live_policy(live, landlords[i])->landlord;

		check_landlord(&check, landlord);
		rd_role_check_landlord(config, landlord, say_of_roles, &check);
	}
	*ret_refuse = check.refuse;
	return RD_OK;
}
