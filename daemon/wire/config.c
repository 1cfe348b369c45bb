#include "redress/wire/config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/arena.h"
#include "redress/base/limits.h"
#include "redress/base/stanza.h"
#include "redress/wire/config_fields.h"
#include "redress/wire/refresh_token.h"
#include "redress/wire/tokens.h"

#define CONFIG_ARENA_BYTES (8u << 20)
#define HOMES_MAX	   10000000 /* of one landlord */

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

enum form {
	FORM_GATEWAY,
	FORM_MAILBOX,
	FORM_TEXTS,
	FORM_OUTGOING,
	FORM_OAUTH,
	FORM_ROLE,
	FORM_HOOK,
	FORM_API_TOKEN,
	FORM_OPEN311,
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

static const char *const security_names[] = { "tls", "starttls", "plain", NULL };
static const char *const mailbox_kinds[] = { "imap", "maildir", NULL };
static const char *const outgoing_kinds[] = { "smtp", "maildir", NULL };

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

static enum rd_rc port_or(const struct rd_reading *r, int otherwise, int *ret_port)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Port");
	double number = otherwise;

	if (found != NULL)
		RD_TRY(rd_field_number(r->stanza, found, 1, 65535, &number, r->err));
	*ret_port = (int)number;
	return RD_OK;
}

/* Plaintext is for the machine's own loopback alone. */
static enum rd_rc check_security(
	const struct rd_reading *r, enum rd_security security, const char *host)
{
	if (security != RD_SECURITY_PLAIN || rd_host_is_loopback(host))
		return RD_OK;
	return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, "Security"), r->err,
		"`plain` would send passwords and residents' mail unprotected; it is allowed for "
		"127.0.0.1, ::1 and localhost alone; write `tls` or `starttls`");
}

static enum rd_rc read_address(
	const struct rd_reading *r, const char *field, const char **ret_host, int *ret_port)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, field);
	const char *colon = strrchr(found->value, ':');
	char *end = NULL;
	long port;
	size_t len;

	if (colon == NULL || colon == found->value)
		return rd_stanza_fail(r->stanza, found, r->err,
			"write an address and a port, such as `127.0.0.1:8425` or `[::1]:8425`");
	port = strtol(colon + 1, &end, 10);
	if (end == colon + 1 || *end != '\0' || port < 0 || port > 65535)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not a port; write a number from 0 to 65535", colon + 1);
	len = (size_t)(colon - found->value);
	if (found->value[0] == '[' && colon[-1] == ']')
		*ret_host = rd_arena_copy(r->arena, found->value + 1, len - 2);
	else
		*ret_host = rd_arena_copy(r->arena, found->value, len);
	*ret_port = (int)port;
	return RD_OK;
}

/* "64 MB", "512 KB", "1000000". */
static enum rd_rc read_size(const struct rd_reading *r, const char *field, uint64_t *ret_bytes)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, field);
	char *unit = NULL;
	unsigned long long number;
	uint64_t scale = 0;

	if (found == NULL)
		return RD_OK;
	errno = 0;
	number = strtoull(found->value, &unit, 10);
	if (unit != found->value && errno == 0 && found->value[0] != '-') {
		unit += strspn(unit, " ");
		if (*unit == '\0' || strcmp(unit, "bytes") == 0)
			scale = 1;
		else if (strcmp(unit, "KB") == 0)
			scale = 1u << 10;
		else if (strcmp(unit, "MB") == 0)
			scale = 1u << 20;
	}
	if (scale == 0 || number == 0 || number > RD_MAIL_BYTES_MAX / scale)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not a size from 1 to 64 MB; write for example `64 MB`",
			found->value);
	*ret_bytes = number * scale;
	return RD_OK;
}

const char *rd_reading_minute(const char *text, int *ret_minute)
{
	int hour, minute;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			return NULL;
	hour = (text[0] - '0') * 10 + text[1] - '0';
	minute = (text[3] - '0') * 10 + text[4] - '0';
	if (hour > 24 || minute > 59 || hour * 60 + minute > 1440)
		return NULL;
	*ret_minute = hour * 60 + minute;
	return text + 5;
}

static enum rd_rc read_text_hours(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Text hours");
	const char *rest;

	if (found == NULL)
		return RD_OK;
	rest = rd_reading_minute(found->value, &config->text_hours_from_min);
	if (rest != NULL) {
		rest += strspn(rest, " -");
		rest = rd_reading_minute(rest, &config->text_hours_to_min);
	}
	if (rest == NULL || *rest != '\0' ||
		config->text_hours_from_min >= config->text_hours_to_min)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not a stretch of the day; write for example `08:00-20:00`",
			found->value);
	return RD_OK;
}

static enum rd_rc read_text_pause(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Text pause");
	char *unit = NULL;
	long seconds;

	if (found == NULL)
		return RD_OK;
	seconds = strtol(found->value, &unit, 10);
	if (unit != found->value)
		unit += strspn(unit, " ");
	if (unit == found->value || (*unit != '\0' && strcmp(unit, "s") != 0) || seconds < 0 ||
		seconds > 3600)
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not a pause from 0 s to 3600 s; write for example `90 s`",
			found->value);
	config->text_pause_s = (int)seconds;
	return RD_OK;
}

static enum rd_rc check_email(const struct rd_reading *r, const char *field, const char *value)
{
	const char *at = strchr(value, '@');

	if (at != NULL && at != value && at[1] != '\0' && strlen(value) <= RD_ADDRESS_BYTES_MAX)
		return RD_OK;
	return rd_stanza_fail(r->stanza, rd_stanza_field(r->stanza, field), r->err,
		"`%s` is not an e-mail address; write for example `complaints@landlord.example`",
		value);
}

static enum rd_rc read_trusted_proxies(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *proxy = NULL;
	const char **list = rd_arena_array(r->arena, r->stanza->n_fields, sizeof *list);
	struct in6_addr address;

	while ((proxy = rd_stanza_next(r->stanza, "Trusted proxy", proxy)) != NULL) {
		if (inet_pton(AF_INET, proxy->value, &address) != 1 &&
			inet_pton(AF_INET6, proxy->value, &address) != 1)
			return rd_stanza_fail(r->stanza, proxy, r->err,
				"`%s` is not an IP address; name the proxy's own, such as "
				"127.0.0.1",
				proxy->value);
		list[config->n_trusted_proxies++] = proxy->value;
	}
	config->trusted_proxies = list;
	return RD_OK;
}

/* "@landlord.example" is everybody there, "pat@agency.example" one person. */
static enum rd_rc take_staff(const struct rd_reading *r, const struct rd_field *field,
	const char *word, size_t len, struct rd_config *config, const char **list)
{
	const char *at = memchr(word, '@', len);
	const char *text = rd_arena_copy(r->arena, word, len);

	if (at == NULL || at + 1 == word + len || len > RD_ADDRESS_BYTES_MAX ||
		memchr(at + 1, '@', len - (size_t)(at + 1 - word)) != NULL ||
		strcspn(text, " \t<>;\"") != len)
		return rd_stanza_fail(r->stanza, field, r->err,
			"`%s` is neither a domain nor an address; write `@landlord.example` for "
			"everybody there, or `pat@agency.example`",
			text);
	if (config->n_staff == RD_STAFF_MAX)
		return rd_stanza_fail(
			r->stanza, field, r->err, "more than %d entries", RD_STAFF_MAX);
	list[config->n_staff++] = text;
	return RD_OK;
}

static enum rd_rc read_staff(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *field = NULL;
	const char **list = rd_arena_array(r->arena, RD_STAFF_MAX, sizeof *list);

	while ((field = rd_stanza_next(r->stanza, "Staff", field)) != NULL)
		for (const char *word = field->value;;) {
			size_t len;

			word += strspn(word, " \t");
			len = strcspn(word, ",");
			while (len > 0 && (word[len - 1] == ' ' || word[len - 1] == '\t'))
				len--;
			RD_TRY(take_staff(r, field, word, len, config, list));
			word = strchr(word, ',');
			if (word == NULL)
				break;
			word++;
		}
	config->staff = list;
	return RD_OK;
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

/* "12400" is the gateway's own landlord's, "one-housing 9000" another's. */
static enum rd_rc read_homes(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *field = NULL;
	struct rd_homes *list = rd_arena_array(r->arena, RD_HOMES_MAX, sizeof *list);

	config->homes = list;
	while ((field = rd_stanza_next(r->stanza, "Homes", field)) != NULL) {
		const char *number = field->value + strspn(field->value, " ");
		const size_t word = strcspn(number, " ");
		const char *landlord = config->landlord;
		char *end = NULL;
		long long n;

		if (number[word] != '\0') {
			landlord = rd_arena_copy(r->arena, number, word);
			number += word + strspn(number + word, " ");
		}
		errno = 0;
		n = strtoll(number, &end, 10);
		if (errno != 0 || end == number || *end != '\0' || n < 1 || n > HOMES_MAX)
			return rd_stanza_fail(r->stanza, field, r->err,
				"`%s` is not a number of homes; write for example `12400`, or "
				"`one-housing 9000` for another landlord than the gateway's",
				field->value);
		if (rd_config_homes(config, landlord) != 0)
			return rd_stanza_fail(r->stanza, field, r->err,
				"a second number of homes for %s", landlord);
		if (config->n_homes == RD_HOMES_MAX)
			return rd_stanza_fail(
				r->stanza, field, r->err, "more than %d entries", RD_HOMES_MAX);
		list[config->n_homes++] = (struct rd_homes){ landlord, n };
	}
	return RD_OK;
}

static enum rd_rc read_public_url(const struct rd_reading *r, struct rd_config *config)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Public URL");
	size_t len;

	if (found == NULL)
		return RD_OK;
	len = strlen(found->value);
	if (strncmp(found->value, "https://", 8) != 0 && strncmp(found->value, "http://", 7) != 0)
		return rd_stanza_fail(r->stanza, found, r->err,
			"the public URL begins with https://, as the provider was told it");
	while (len > 0 && found->value[len - 1] == '/')
		len--;
	config->public_url = rd_arena_copy(r->arena, found->value, len);
	return RD_OK;
}

static enum rd_rc read_gateway(const struct rd_reading *r, struct rd_config *config)
{
	RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_GATEWAY, r->err));
	if (config->gateway != NULL)
		return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
			"a second `Gateway:` stanza; there is one a file");
	RD_TRY(rd_reading_name(r));
	config->gateway = r->stanza->fields[0].value;
	RD_TRY(rd_reading_path(r, "State", "/var/lib/redress/redress.db", &config->state));
	config->rules = rd_reading_text(r, "Rules", RD_DATADIR "/rules");
	RD_TRY(rd_reading_required(r, "Landlord", "code-2024", &config->landlord));
	if (rd_stanza_field(r->stanza, "Listen") != NULL) {
		RD_TRY(read_address(r, "Listen", &config->listen_host, &config->listen_port));
		config->listen = true;
	}
	RD_TRY(read_trusted_proxies(r, config));
	RD_TRY(read_public_url(r, config));
	RD_TRY(read_staff(r, config));
	RD_TRY(read_homes(r, config));
	RD_TRY(rd_config_keep(r, &config->keep));
	RD_TRY(rd_config_caps(r, &config->caps));
	config->alarms_to = rd_reading_text(r, "Alarms to", "");
	if (config->alarms_to[0] != '\0')
		RD_TRY(check_email(r, "Alarms to", config->alarms_to));
	RD_TRY(rd_config_warnings(r, config));
	RD_TRY(read_text_hours(r, config));
	return read_text_pause(r, config);
}

static enum rd_rc read_start_from(const struct rd_reading *r, struct rd_mailbox_config *mailbox)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Start from");
	struct rd_err ignored = { 0 };

	if (found == NULL || strcmp(found->value, "now") == 0) {
		mailbox->start_from = RD_START_NOW;
	} else if (strcmp(found->value, "all") == 0) {
		mailbox->start_from = RD_START_ALL;
	} else {
		mailbox->start_from = RD_START_DAY;
		if (rd_date_parse(found->value, &mailbox->start_day, &ignored) != RD_OK)
			return rd_stanza_fail(r->stanza, found, r->err,
				"`%s` is not `now`, `all` or a day such as `2026-11-22`",
				found->value);
	}
	return RD_OK;
}

static enum rd_rc read_afterwards(const struct rd_reading *r, struct rd_mailbox_config *mailbox)
{
	const struct rd_field *found = rd_stanza_field(r->stanza, "Afterwards");
	const char *word;

	mailbox->afterwards_word = "";
	if (found == NULL || strcmp(found->value, "nothing") == 0)
		return RD_OK;
	if (strncmp(found->value, "keyword ", 8) == 0) {
		mailbox->afterwards = RD_AFTER_KEYWORD;
		word = found->value + 8;
	} else if (strncmp(found->value, "move ", 5) == 0) {
		mailbox->afterwards = RD_AFTER_MOVE;
		word = found->value + 5;
	} else {
		return rd_stanza_fail(r->stanza, found, r->err,
			"`%s` is not `nothing`, `keyword WORD` or `move FOLDER`", found->value);
	}
	word += strspn(word, " ");
	if (mailbox->afterwards == RD_AFTER_KEYWORD &&
		(!rd_plain_name(word) && !(word[0] == '$' && rd_plain_name(word + 1))))
		return rd_stanza_fail(r->stanza, found, r->err,
			"an IMAP keyword is one plain word, such as `keyword $Redress`");
	if (word[0] == '\0' || strstr(word, "..") != NULL)
		return rd_stanza_fail(r->stanza, found, r->err,
			"name the folder to move to, such as `move Handled`");
	if (mailbox->kind == RD_MAILBOX_MAILDIR && mailbox->afterwards == RD_AFTER_KEYWORD)
		return rd_stanza_fail(r->stanza, found, r->err,
			"a Maildir has no keywords; write `nothing` or `move FOLDER`");
	mailbox->afterwards_word = word;
	return RD_OK;
}

static enum rd_rc read_mailbox(const struct rd_reading *r, const struct rd_config *config,
	struct rd_mailbox_config *mailbox)
{
	int kind = RD_MAILBOX_IMAP, security = RD_SECURITY_TLS;

	RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_MAILBOX, r->err));
	RD_TRY(rd_reading_name(r));
	mailbox->name = r->stanza->fields[0].value;
	RD_TRY(rd_reading_choice(r, "Kind", mailbox_kinds, &kind));
	RD_TRY(rd_reading_choice(r, "Security", security_names, &security));
	mailbox->kind = (enum rd_mailbox_kind)kind;
	mailbox->security = (enum rd_security)security;
	mailbox->size_limit_bytes = RD_MAIL_BYTES_MAX;
	mailbox->landlord = rd_reading_text(r, "Landlord", NULL);
	mailbox->folder = rd_reading_text(r, "Folder", "INBOX");
	mailbox->ca_file = rd_reading_text(r, "CA file", "");
	mailbox->path = mailbox->host = mailbox->user = "";
	RD_TRY(read_size(r, "Size limit", &mailbox->size_limit_bytes));
	RD_TRY(read_start_from(r, mailbox));
	RD_TRY(read_afterwards(r, mailbox));
	RD_TRY(rd_config_origin(r, rd_reading_text(r, "Host", ""), &mailbox->origin));
	if (mailbox->kind == RD_MAILBOX_MAILDIR)
		return rd_reading_path(r, "Path", "/var/mail/complaints", &mailbox->path);
	RD_TRY(rd_reading_required(r, "Host", "imap.landlord.example", &mailbox->host));
	RD_TRY(rd_reading_required(r, "User", "complaints@landlord.example", &mailbox->user));
	RD_TRY(port_or(r, security == RD_SECURITY_TLS ? 993 : 143, &mailbox->port));
	RD_TRY(rd_config_sign_in(
		r, config, "credential mailbox", &mailbox->password, &mailbox->oauth));
	return check_security(r, mailbox->security, mailbox->host);
}

static enum rd_rc read_outgoing(const struct rd_reading *r, const struct rd_config *config,
	struct rd_outgoing_config *outgoing)
{
	static const int default_port[] = { 465, 587, 25 };
	int kind = RD_OUTGOING_SMTP, security = RD_SECURITY_TLS;

	RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_OUTGOING, r->err));
	RD_TRY(rd_reading_name(r));
	outgoing->name = r->stanza->fields[0].value;
	RD_TRY(rd_reading_choice(r, "Kind", outgoing_kinds, &kind));
	RD_TRY(rd_reading_choice(r, "Security", security_names, &security));
	outgoing->kind = (enum rd_outgoing_kind)kind;
	outgoing->security = (enum rd_security)security;
	outgoing->path = outgoing->host = "";
	outgoing->ca_file = rd_reading_text(r, "CA file", "");
	outgoing->user = rd_reading_text(r, "User", "");
	outgoing->envelope_sender = rd_reading_text(r, "Envelope sender", "");
	if (strcmp(outgoing->envelope_sender, "<>") == 0)
		outgoing->envelope_sender = "";
	RD_TRY(rd_reading_required(
		r, "From", "Complaints Team <complaints@landlord.example>", &outgoing->from));
	RD_TRY(check_email(r, "From", outgoing->from));
	if (outgoing->envelope_sender[0] != '\0')
		RD_TRY(check_email(r, "Envelope sender", outgoing->envelope_sender));
	if (outgoing->kind == RD_OUTGOING_MAILDIR)
		return rd_reading_path(r, "Path", "/var/lib/redress/sent", &outgoing->path);
	RD_TRY(rd_reading_required(r, "Host", "smtp.landlord.example", &outgoing->host));
	RD_TRY(port_or(r, default_port[security], &outgoing->port));
	RD_TRY(rd_config_sign_in(
		r, config, "credential smtp", &outgoing->password, &outgoing->oauth));
	return check_security(r, outgoing->security, outgoing->host);
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

static enum rd_rc read_oauth(const struct rd_reading *r, struct rd_config *config)
{
	struct rd_oauth_config *oauth = &config->oauths[config->n_oauths];

	if (config->n_oauths == RD_OAUTH_MAX)
		return rd_stanza_fail(r->stanza, &r->stanza->fields[0], r->err,
			"more than %d `OAuth:` stanzas", RD_OAUTH_MAX);
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

static enum rd_rc read_stanza(const struct rd_reading *r, struct config_owner *owner)
{
	struct rd_config *config = &owner->config;
	const struct rd_field *first = &r->stanza->fields[0];
	const char *guess;

	if (strcasecmp(first->name, "Gateway") == 0)
		return read_gateway(r, config);
	if (strcasecmp(first->name, "Mailbox") == 0) {
		if (config->n_mailboxes == RD_MAILBOXES_MAX)
			return rd_stanza_fail(r->stanza, first, r->err, "more than %d mailboxes",
				RD_MAILBOXES_MAX);
		return read_mailbox(r, config, &config->mailboxes[config->n_mailboxes++]);
	}
	if (strcasecmp(first->name, "Texts") == 0) {
		if (config->n_texts == RD_TEXTS_MAX)
			return rd_stanza_fail(
				r->stanza, first, r->err, "more than %d numbers", RD_TEXTS_MAX);
		RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_TEXTS, r->err));
		return rd_config_texts(r, config->public_url, &config->texts[config->n_texts++]);
	}
	if (strcasecmp(first->name, "Role") == 0) {
		RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_ROLE, r->err));
		return rd_config_role_stanza(r, owner->roles, &config->n_roles);
	}
	if (strcasecmp(first->name, "Outgoing") == 0) {
		if (config->outgoing != NULL)
			return rd_stanza_fail(r->stanza, first, r->err,
				"a second `Outgoing:` stanza; there is one a file");
		config->outgoing = &owner->outgoing;
		return read_outgoing(r, config, config->outgoing);
	}
	if (is_oauth(r->stanza))
		return RD_OK; /* read before all others, for they may name it */
	if (strcasecmp(first->name, "Webhook") == 0) {
		if (config->n_hooks == RD_HOOKS_MAX)
			return rd_stanza_fail(
				r->stanza, first, r->err, "more than %d webhooks", RD_HOOKS_MAX);
		RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_HOOK, r->err));
		return rd_config_hook(r, &config->hooks[config->n_hooks++]);
	}
	if (strcasecmp(first->name, "Open311") == 0) {
		if (config->n_open311 == RD_OPEN311_MAX)
			return rd_stanza_fail(r->stanza, first, r->err,
				"more than %d Open311 servers", RD_OPEN311_MAX);
		RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_OPEN311, r->err));
		return rd_config_open311(r, &config->open311[config->n_open311++]);
	}
	if (strcasecmp(first->name, "API token") == 0) {
		if (config->n_api_tokens == RD_API_TOKENS_MAX)
			return rd_stanza_fail(
				r->stanza, first, r->err, "more than %d tokens", RD_API_TOKENS_MAX);
		RD_TRY(rd_stanza_check_form(r->stanza, forms, N_FORMS, FORM_API_TOKEN, r->err));
		return rd_config_api_token(r, &config->api_tokens[config->n_api_tokens++]);
	}
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

static enum rd_rc check_names_differ(
	const struct rd_config *config, const char *file, struct rd_err *err)
{
	for (size_t i = 0; i < config->n_mailboxes; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(config->mailboxes[i].name, config->mailboxes[k].name) == 0)
				return rd_fail(err, RD_E_INPUT,
					"%s: two mailboxes are called `%s`; give each a name of "
					"its own",
					file, config->mailboxes[i].name);
	for (size_t i = 0; i < config->n_texts; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(config->texts[i].name, config->texts[k].name) == 0)
				return rd_fail(err, RD_E_INPUT,
					"%s: two `Texts:` stanzas are called `%s`; give each a "
					"name of its own",
					file, config->texts[i].name);
	for (size_t i = 0; i < config->n_hooks; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(config->hooks[i].name, config->hooks[k].name) == 0)
				return rd_fail(err, RD_E_INPUT,
					"%s: two webhooks are called `%s`; give each a name of its "
					"own",
					file, config->hooks[i].name);
	for (size_t i = 0; i < config->n_open311; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(config->open311[i].name, config->open311[k].name) == 0)
				return rd_fail(err, RD_E_INPUT,
					"%s: two Open311 servers are called `%s`; give each a name "
					"of its own",
					file, config->open311[i].name);
	for (size_t i = 0; i < config->n_api_tokens; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(config->api_tokens[i].name, config->api_tokens[k].name) == 0)
				return rd_fail(err, RD_E_INPUT,
					"%s: two API tokens are called `%s`; give each a name of "
					"its own",
					file, config->api_tokens[i].name);
	return RD_OK;
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
