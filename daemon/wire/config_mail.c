/* The `Mailbox:` and `Outgoing:` stanzas: where mail comes from, and by which way it leaves. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/limits.h"
#include "redress/wire/config_fields.h"

static const char *const security_names[] = { "tls", "starttls", "plain", NULL };
static const char *const mailbox_kinds[] = { "imap", "maildir", NULL };
static const char *const outgoing_kinds[] = { "smtp", "maildir", NULL };

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

enum rd_rc rd_config_mailbox(const struct rd_reading *r, const struct rd_config *config,
	struct rd_mailbox_config *mailbox)
{
	int kind = RD_MAILBOX_IMAP, security = RD_SECURITY_TLS;

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

enum rd_rc rd_config_outgoing(const struct rd_reading *r, const struct rd_config *config,
	struct rd_outgoing_config *outgoing)
{
	static const int default_port[] = { 465, 587, 25 };
	int kind = RD_OUTGOING_SMTP, security = RD_SECURITY_TLS;

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
	RD_TRY(rd_reading_email(r, "From", outgoing->from));
	if (outgoing->envelope_sender[0] != '\0')
		RD_TRY(rd_reading_email(r, "Envelope sender", outgoing->envelope_sender));
	if (outgoing->kind == RD_OUTGOING_MAILDIR)
		return rd_reading_path(r, "Path", "/var/lib/redress/sent", &outgoing->path);
	RD_TRY(rd_reading_required(r, "Host", "smtp.landlord.example", &outgoing->host));
	RD_TRY(port_or(r, default_port[security], &outgoing->port));
	RD_TRY(rd_config_sign_in(
		r, config, "credential smtp", &outgoing->password, &outgoing->oauth));
	return check_security(r, outgoing->security, outgoing->host);
}
