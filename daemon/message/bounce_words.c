/* What codes and words of mail servers mean. RFC 3463, the IANA registry of enhanced status codes,
 * and what Exchange adds in 5.1.10, 5.4.1, 5.4.310 and 5.7.x. */
#include "redress/message/bounce.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "redress/message/quote_lines.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static bool any_of(const char *text, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rd_text_find(text, len, words[i]))
			return true;
	return false;
}

/* --- codes --- */

/* The subject and detail of 4.x.x and 5.x.x alike; what is not here goes by its subject. */
static const struct {
	int subject, detail;
	enum rd_bounce_kind kind;
} meanings[] = {
	{ 1, 0, RD_BOUNCE_NONE },      /* other address status */
	{ 1, 5, RD_BOUNCE_DELIVERED }, /* the address is valid */
	{ 1, 7, RD_BOUNCE_BLOCKED },   /* of the sender's address */
	{ 1, 8, RD_BOUNCE_BLOCKED },   /* of the sender's domain */
	{ 2, 0, RD_BOUNCE_NONE },      /* other mailbox status */
	{ 2, 2, RD_BOUNCE_FULL },      /* mailbox full */
	{ 2, 3, RD_BOUNCE_BLOCKED },   /* too long for that mailbox */
	{ 3, 1, RD_BOUNCE_FULL },      /* the whole mail system is */
	{ 3, 4, RD_BOUNCE_BLOCKED },   /* too big for the system */
	{ 4, 1, RD_BOUNCE_NONE },      /* no answer from the host; Exchange: no such recipient */
	{ 4, 4, RD_BOUNCE_HARD },      /* no route: the domain takes no mail */
	{ 4, 310, RD_BOUNCE_HARD },    /* Exchange: the domain does not exist */
	{ 7, 0, RD_BOUNCE_NONE },      /* other security status */
	{ 7, 1, RD_BOUNCE_NONE },      /* "delivery not authorized": whatever a server likes */
	{ 7, 17, RD_BOUNCE_HARD },     /* the mailbox has changed its owner (RFC 7293) */
};

static bool parse_code(const char *code, int parts[static 3])
{
	for (int i = 0; i < 3; i++) {
		char *end;

		if (!isdigit((unsigned char)*code))
			return false;
		parts[i] = (int)strtol(code, &end, 10);
		if (end - code > 3 || *end != (i < 2 ? '.' : '\0'))
			return false;
		code = end + 1;
	}
	return true;
}

enum rd_bounce_kind rd_bounce_of_code(const char *code)
{
	int parts[3];

	if (!parse_code(code, parts))
		return RD_BOUNCE_NONE;
	if (parts[0] == 2)
		return RD_BOUNCE_DELIVERED;
	for (size_t i = 0; i < COUNT(meanings); i++)
		if (meanings[i].subject == parts[1] && meanings[i].detail == parts[2] &&
			(meanings[i].kind != RD_BOUNCE_HARD || parts[0] == 5))
			return meanings[i].kind;
	switch (parts[1]) {
	case 1: /* address */
	case 2: /* mailbox */
		return parts[0] == 5 ? RD_BOUNCE_HARD : RD_BOUNCE_SOFT;
	case 4: /* network and routing */
		return RD_BOUNCE_SOFT;
	case 6: /* content */
	case 7: /* policy */
		return RD_BOUNCE_BLOCKED;
	default: /* 0 anything, 3 mail system, 5 protocol */
		return RD_BOUNCE_NONE;
	}
}

/* "550 5.1.1" and "550-5.1.1" */
static bool stands_behind_reply(const char *text, size_t from)
{
	return from >= 4 && (text[from - 1] == ' ' || text[from - 1] == '-') &&
	       (text[from - 4] == '4' || text[from - 4] == '5') &&
	       isdigit((unsigned char)text[from - 3]) && isdigit((unsigned char)text[from - 2]) &&
	       (from == 4 || !isalnum((unsigned char)text[from - 5]));
}

/* Behind an SMTP reply code, "#" or "(". */
static bool stands_as_code(const char *text, size_t from)
{
	return (from > 0 && (text[from - 1] == '#' || text[from - 1] == '(')) ||
	       stands_behind_reply(text, from);
}

/* No part of a version, an address or a name. */
static bool stands_for_itself(const char *text, size_t from, size_t to, size_t len)
{
	const char before = from > 0 ? text[from - 1] : ' ';
	const char after = to < len ? text[to] : ' ';

	if (isalnum((unsigned char)before) || strchr("./_", before) != NULL)
		return false;
	if (before == '-' && !stands_behind_reply(text, from))
		return false;
	if (after == '.' && to + 1 < len && isalnum((unsigned char)text[to + 1]))
		return false;
	return !isalnum((unsigned char)after) && after != '-' && after != '_';
}

/* The length of "5.1.1" at `from`; 0: none begins here. */
static size_t code_at(const char *text, size_t len, size_t from)
{
	size_t at = from, n = 0;

	if (text[at] != '2' && text[at] != '4' && text[at] != '5')
		return 0;
	if (at + 4 >= len || text[at + 1] != '.' || text[at + 2] < '0' || text[at + 2] > '7' ||
		text[at + 3] != '.')
		return 0;
	at += 4;
	while (at < len && isdigit((unsigned char)text[at]) && n < 4) {
		at++;
		n++;
	}
	return n > 0 && n < 4 && stands_for_itself(text, from, at, len) ? at - from : 0;
}

bool rd_bounce_find_code(const char *text, size_t len, char out[static RD_BOUNCE_CODE_MAX])
{
	size_t best = 0, n_best = 0;

	for (size_t i = 0; i < len; i++) {
		size_t n = code_at(text, len, i);

		if (n == 0 || n >= RD_BOUNCE_CODE_MAX)
			continue;
		if (n_best == 0) {
			best = i;
			n_best = n;
		}
		if (stands_as_code(text, i)) {
			best = i;
			n_best = n;
			break;
		}
		i += n - 1;
	}
	memcpy(out, text + best, n_best);
	out[n_best] = '\0';
	return n_best > 0;
}

int rd_bounce_find_reply(const char *text, size_t len)
{
	for (size_t i = 0; i + 3 < len; i++) {
		const bool begins = i == 0 || strchr(" \t\n:(<>;,", text[i - 1]) != NULL;

		if (!begins || (text[i] != '4' && text[i] != '5') || text[i + 1] < '0' ||
			text[i + 1] > '5' || !isdigit((unsigned char)text[i + 2]))
			continue;
		if (strchr(" -:", text[i + 3]) != NULL && text[i + 3] != '\0')
			return text[i] - '0';
	}
	return 0;
}

/* --- words --- */

static const char *const full[] = { "quota", "mailbox is full", "mailbox full",
	"mailbox size limit", "inbox is full", "mail box full", "mailfolder is full",
	"insufficient system storage", "insufficient storage", "not enough storage",
	"not enough disk space", "out of storage", "storage limit", "storage space",
	"exceeded its storage", "no space left", "over limit", "recipient storage full",
	"account is full" };

static const char *const in_trouble[] = { "greylist", "graylist", "try again later", "try later",
	"temporarily", "temporary", "timed out", "timeout", "too many hops", "mail loop",
	"message expired", "has been in the queue too long", "connection refused",
	"could not be contacted", "too old", "retry timeout exceeded", "server is busy",
	"service unavailable" };

static const char *const no_mailbox[] = { "user unknown", "unknown user", "no such user",
	"no such recipient", "no such mailbox", "no such person", "no such address",
	"no such account", "user not found", "recipient not found", "recipientnotfound",
	"address not found", "wasn't found at", "was not found", "couldn't be found",
	"could not be found", "not found in the directory", "not listed in", "does not exist",
	"doesn't exist", "user doesn't have", "unknown recipient", "unknown address",
	"unknown local", "invalid recipient", "invalid mailbox", "invalid address",
	"bad destination mailbox", "mailbox unavailable", "mailbox not found",
	"mailbox is unavailable", "no mailbox here", "not a valid mailbox", "not our customer",
	"is disabled", "account disabled", "has been disabled", "account that you tried to reach",
	"inactive", "no longer", "host unknown", "unknown host", "host not found",
	"domain not found", "couldn't find any host", "name or service not known",
	"unrouteable address", "unroutable address",
	"all relevant mx records point to non-existent",
	"recipient address rejected: access denied", "undeliverable address",
	"domain does not accept mail", "nullmx", "bad recipient" };

static const char *const refused[] = { "spam", "junk", "blacklist", "black list", "blocklist",
	"block list", "blocked", "block the", "rbl", "spamhaus", "reputation", "unsolicited",
	"policy", "not authorized", "not authorised", "unauthorized", "not permitted",
	"don't have permission", "access denied", "dmarc", "spf", "dkim", "unauthenticated",
	"authentication", "virus", "malware", "content rejected", "message rejected", "relaying",
	"unable to relay", "relay access", "denied", "prohibited", "banned", "rate limit",
	"too many", "restricted", "message size", "too large", "reverse dns",
	"rejected your message" };

static const char *const late[] = { "will be retried", "will retry", "will continue to try",
	"will continue to be", "will keep trying", "delivery attempts will continue",
	"attempts to deliver the message will continue", "not yet been delivered",
	"has been delayed", "hasn't been delivered to", "is delayed", "delivery is delayed",
	"temporarily deferred", "do not need to resend", "need not resend", "warning message only",
	"will be tried again", "still trying", "no action is required on your part",
	"message will be queued", "being retried", "we'll keep trying", "will try for" };

static const char *const gave_up[] = { "permanent fatal error", "i've given up", "given up",
	"giving up", "permanent error", "could not be delivered to one or more",
	"couldn't be delivered", "failed permanently" };

enum rd_bounce_kind rd_bounce_of_words(const char *text, size_t len)
{
	if (any_of(text, len, full, COUNT(full)))
		return RD_BOUNCE_FULL;
	if (any_of(text, len, no_mailbox, COUNT(no_mailbox)))
		return RD_BOUNCE_HARD;
	if (any_of(text, len, in_trouble, COUNT(in_trouble)))
		return RD_BOUNCE_SOFT;
	if (any_of(text, len, refused, COUNT(refused)))
		return RD_BOUNCE_BLOCKED;
	return RD_BOUNCE_NONE;
}

bool rd_bounce_says_delayed(const char *text, size_t len)
{
	return any_of(text, len, late, COUNT(late)) && !any_of(text, len, gave_up, COUNT(gave_up));
}

/* --- prose --- */

/* What stands between a server's own words and the copy of ours. */
static const char *const copies[] = { "below this line is a copy", "this is a copy of the message",
	"a copy of the message", "a copy of your message", "original message headers",
	"original message follows", "----- original message", "-----original message",
	"message header follows", "the header of the original message", "unsent message follows",
	"unsent message below", "original message header",
	"return-path:", "\nreceived:", "our reference: rd", "\nmessage-id:" };

size_t rd_bounce_own_words(const char *text, size_t len)
{
	size_t own = len;

	for (size_t i = 0; i < COUNT(copies); i++) {
		const char *at = rd_text_find(text, own, copies[i]);

		if (at)
			own = (size_t)(at - text);
	}
	return own;
}

bool rd_bounce_prose(const char *text, size_t len)
{
	static const char *const beginnings[] = { "hi. this is the", "hi. the mta program",
		"this message was created automatically by mail delivery software",
		"this is the mail system at host", "this is the mail delivery system",
		"this is the mail delivery agent", "this is an automatically generated delivery",
		"this is a delivery status notification", "the original message was received at",
		"a message that you sent could not be delivered",
		"a message that you sent has not yet been delivered", "your message to ",
		"your message did not reach", "your message couldn't be",
		"your message wasn't delivered", "your message was not delivered",
		"delivery has failed to these recipients", "delivery to the following recipient",
		"delivery is delayed to these recipients", "message delivery has been delayed",
		"** address not found **", "** message not delivered **", "** message blocked **",
		"** delivery incomplete **", "** recipient inbox full **", "address not found",
		"your mail message to the following address",
		"your document:", "the following address", "the following message to",
		"undeliverable message", "this report relates to a message you sent",
		"sorry, we were unable to deliver", "unable to deliver message to",
		"we were unable to deliver", "i'm sorry to have to inform you", "your message\n" };
	static const char blanks[] = " \t\r\n*";

	while (len > 0 && strchr(blanks, *text) != NULL && *text != '\0') {
		text++;
		len--;
	}
	for (size_t i = 0; i < COUNT(beginnings); i++) {
		const char *words = beginnings[i] + strspn(beginnings[i], blanks);

		if (rd_text_starts(text, len, words))
			return true;
	}
	return false;
}
