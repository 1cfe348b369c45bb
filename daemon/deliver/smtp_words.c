#include "redress/deliver/smtp_words.h"

#include <stdio.h>
#include <string.h>

#include "redress/wire/oauth.h"

static const char *const sender_denied[] = { "SendAsDenied", "5.7.60", "not allowed to send as",
	"permissions to send as this sender", "sender address rejected: not owned" };

bool rd_smtp_denies_sender(const char *line)
{
	for (size_t i = 0; i < sizeof sender_denied / sizeof sender_denied[0]; i++)
		if (strcasestr(line, sender_denied[i]))
			return true;
	return false;
}

/* Known by a part of the line, told in these words; the order counts. */
static const struct {
	const char *part, *text;
} known[] = {
	{ "SmtpClientAuthentication is disabled",
		"sending by SMTP is switched off for this mailbox. In Exchange Online PowerShell: "
		"Set-CASMailbox -Identity MAILBOX -SmtpClientAuthenticationDisabled $false" },
	{ "5.7.30",
		"the server takes no password any more; write an `OAuth:` stanza and name it in "
		"place of `Password:`" },
	{ "Basic authentication is",
		"the server takes no password any more; write an `OAuth:` stanza and name it in "
		"place of `Password:`" },
	{ "5.7.57", "the server wants a login; add `User:` and `OAuth:` or `Password:`" },
	{ "5.7.9 ",
		"Google takes no account's own password; write an `OAuth:` stanza, or make an app "
		"password" },
	{ "STARTTLS", "the server wants TLS first; write `Security: starttls`" },
	{ "5.7.64", "the server does not take mail for others from this machine; add `User:` and "
		    "`Password:` or `OAuth:`" },
	{ "relay", "the server does not take mail for others from us; add `User:` and `Password:` "
		   "or `OAuth:`" },
	{ "5.7.0 Authentication Required", "the server wants a login; add `User:` and `Password:` "
					   "or `OAuth:`" },
	{ "5.5.1 Authentication required", "the server wants a login; add `User:` and `Password:` "
					   "or `OAuth:`" },
};

static const char *known_text(const char *line)
{
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcasestr(line, known[i].part))
			return known[i].text;
	return NULL;
}

static void say_denied(
	const struct rd_outgoing_config *config, const char *line, char *out, size_t size)
{
	char from[256];
	rd_smtp_own_address(config->from, from, sizeof from);
	snprintf(out, size,
		"%.160s: the server does not let %.80s send as %.80s; write that user's own "
		"address "
		"in `From:`, or give it the right (Exchange: Add-RecipientPermission, SendAs)",
		line, config->user[0] ? config->user : "us", from);
}

static void say_refused_login(
	const struct rd_outgoing_config *config, const char *line, char *out, size_t size)
{
	struct rd_err err = { 0 };
	if (config->oauth)
		rd_oauth_explain_login(config->oauth, config->user, "SMTP", line, &err);
	else
		snprintf(err.msg, sizeof err.msg,
			"%.200s: the server refuses the user or the password; check `User:` and "
			"`Password:`",
			line);
	snprintf(out, size, "%s", err.msg);
}

void rd_smtp_say(const struct rd_outgoing_config *config, bool signing_in, const char *line,
	char *out, size_t size)
{
	const char *text = known_text(line);
	/* What stands behind 334 is base64, for programs. */
	bool challenge = strncmp(line, "334", 3) == 0;
	if (rd_smtp_denies_sender(line))
		say_denied(config, line, out, size);
	else if (text)
		snprintf(out, size, "%.200s: %s", line, text);
	else if (signing_in && (challenge || line[0] == '5'))
		say_refused_login(config, challenge ? "334" : line, out, size);
	else
		snprintf(out, size, "%s", line);
}

void rd_smtp_own_domain(const char *from, char out[static 256])
{
	const char *at = strrchr(from, '@');
	size_t len = at ? strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789.-")
			: 0;
	if (len == 0 || len > 255)
		snprintf(out, 256, "localhost");
	else
		snprintf(out, 256, "%.*s", (int)len, at + 1);
}

void rd_smtp_own_address(const char *from, char *out, size_t size)
{
	const char *open = strrchr(from, '<');
	const char *start = open ? open + 1 : from;
	snprintf(out, size, "%.*s", (int)strcspn(start, ">"), start);
}
