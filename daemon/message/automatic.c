#include "redress/message/automatic.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define LOCAL_MAX 128
#define WORD_MAX  32

static bool starts(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

/* The first word of a value: comments and parameters off (RFC 3834 section 5). */
static void first_word(const char *value, char out[static WORD_MAX])
{
	size_t n = 0;
	int depth = 0;

	for (const char *p = value; *p != '\0' && n < WORD_MAX - 1; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && depth > 0)
			depth--;
		else if (depth > 0)
			continue;
		else if (isspace((unsigned char)*p) || *p == ';' || *p == ',') {
			if (n > 0)
				break;
		} else {
			out[n++] = (char)tolower((unsigned char)*p);
		}
	}
	out[n] = '\0';
}

/* Is word one of a comma-separated list? */
static bool lists(const char *value, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = value; *p != '\0';) {
		size_t n;

		p += strspn(p, " \t,");
		n = strcspn(p, " \t,");
		if (n == len && strncasecmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

void rd_automatic_header(
	struct rd_automatic *marks, const char *name, const char *value, struct rd_arena *arena)
{
	static const char *const list_headers[] = { "List-Id", "List-Help", "List-Subscribe",
		"List-Unsubscribe", "List-Post", "List-Owner", "List-Archive", NULL };
	static const char *const reply_headers[] = { "X-Autoreply", "X-Autorespond",
		"X-AutoReply-From", "X-Autoresponse", "X-Auto-Reply", NULL };
	static const char *const machine_headers[] = { "X-FC-Machinegenerated", "Feedback-ID",
		NULL };
	static const char *const bulk[] = { "bulk", "list", "junk", "auto_reply", NULL };
	char word[WORD_MAX];

	first_word(value, word);
	if (strcasecmp(name, "Auto-Submitted") == 0) {
		if (word[0] == '\0' || strcmp(word, "no") == 0)
			return;
		marks->auto_submitted = true;
		marks->auto_replied = marks->auto_replied || strcmp(word, "auto-replied") == 0;
	} else if (strcasecmp(name, "Precedence") == 0 || strcasecmp(name, "X-Precedence") == 0) {
		marks->precedence_bulk = marks->precedence_bulk || is_one_of(word, bulk);
		marks->auto_replied = marks->auto_replied || strcmp(word, "auto_reply") == 0;
	} else if (is_one_of(name, list_headers)) {
		marks->list = true;
	} else if (is_one_of(name, reply_headers)) {
		marks->auto_replied = marks->auto_replied || strcmp(word, "no") != 0;
	} else if (is_one_of(name, machine_headers)) {
		marks->machine_generated = true;
	} else if (strcasecmp(name, "X-Auto-Response-Suppress") == 0) {
		marks->suppress_asked =
			marks->suppress_asked || lists(value, "All") || lists(value, "AutoReply");
	} else if (strcasecmp(name, "X-Failed-Recipients") == 0) {
		marks->delivery_report = true; /* Exim's bounces, which are no multipart/report */
	} else if (strcasecmp(name, "X-Loop") == 0) {
		if (starts(value, "redress/")) {
			char *copy = marks->from_redress ? NULL : rd_arena_strdup(arena, value);

			marks->from_redress = true;
			if (copy)
				marks->own_loop = copy;
		} else {
			marks->machine_generated = true;
		}
	}
}

/* The local part in small letters; what parts its words goes. */
static void local_part(const char *address, bool squeeze, char out[static LOCAL_MAX])
{
	size_t n = 0;

	while (*address == '<' || *address == ' ' || *address == '"')
		address++;
	for (const char *p = address; *p != '\0' && *p != '@' && *p != '>' && n < LOCAL_MAX - 1;
		p++) {
		if (*p == '"' || (squeeze && (*p == '-' || *p == '_' || *p == '.')))
			continue;
		out[n++] = (char)tolower((unsigned char)*p);
	}
	out[n] = '\0';
}

bool rd_automatic_no_reply(const char *address)
{
	static const char *const beginnings[] = { "noreply", "donotreply", "dontreply", "nereply",
		"mailerdaemon", "listserv", "majordomo" };
	char squeezed[LOCAL_MAX], local[LOCAL_MAX];
	size_t len;

	local_part(address, true, squeezed);
	local_part(address, false, local);
	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
		if (starts(squeezed, beginnings[i]))
			return true;
	len = strlen(squeezed);
	if (len > 7 && strcmp(squeezed + len - 7, "noreply") == 0)
		return true;
	len = strlen(local);
	return starts(local, "owner-") || (len > 8 && strcmp(local + len - 8, "-request") == 0) ||
	       strcmp(local, "nobody") == 0;
}

static bool begins_with_one(const char *subject, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (starts(subject, words[i]))
			return true;
	return false;
}

/* How the programs of the languages that people here write begin the subject of an absence,
 * Outlook's and Gmail's above all. */
static const char *const absent_words[] = { "Automatic reply", "Auto reply", "Autoreply",
	"Auto-reply", "Auto response", "Auto-response", "Automated reply", "Automated response",
	"Auto:", "Out of office", "Out of the office", "OOO", "Absence", "Vacation",
	"Automatische Antwort", "Abwesenheit", "Abwesend", "Automatische Abwesenheit",
	"R\xC3\xA9ponse automatique", "R\xC3\xA9ponse d'absence", "Respuesta autom",
	"Fuera de la oficina", "Fuera de oficina", "Risposta automatica", "Fuori sede",
	"Fuori ufficio", "Resposta autom", "Fora do escrit", "Ausencia", "Aus\xC3\xAAncia",
	"Automatyczna odpowied", "Autoodpowied", "Odpowied\xC5\xBA automatyczna", "Poza biurem",
	"R\xC4\x83spuns automat", "Raspuns automat", "Automatisch antwoord", "Afwezig",
	"Niet op kantoor", "Automatiskt svar", "Automatisk svar", "Autosvar", "Fr\xC3\xA5nvaro",
	"Automaattinen vastaus", "Poissa", "Automatick\xC3\xA1 odpov", "Automatikus v",
	"Automatinis atsakymas", "Autom\xC4\x81tisk\xC4\x81 atbilde", "Otomatik yan",
	"Ymateb awtomatig", "Ateb awtomatig", "Allan o'r swyddfa",
	/* Bulgarian, Russian, Ukrainian; Greek; Arabic; Urdu; Chinese, both scripts; Japanese */
	"\xD0\x90\xD0\xB2\xD1\x82\xD0\xBE\xD0\xBC\xD0\xB0\xD1\x82\xD0\xB8\xD1\x87",
	"\xD0\x90\xD0\xB2\xD1\x82\xD0\xBE\xD0\xBE\xD1\x82\xD0\xB2\xD0\xB5\xD1\x82",
	"\xCE\x91\xCF\x85\xCF\x84\xCF\x8C\xCE\xBC\xCE\xB1\xCF\x84\xCE\xB7",
	"\xD8\xB1\xD8\xAF \xD8\xAA\xD9\x84\xD9\x82\xD8\xA7\xD8\xA6\xD9\x8A",
	"\xD8\xA7\xD9\x84\xD8\xB1\xD8\xAF \xD8\xA7\xD9\x84\xD8\xAA\xD9\x84\xD9\x82",
	"\xD8\xAE\xD9\x88\xD8\xAF\xDA\xA9\xD8\xA7\xD8\xB1", "\xE8\x87\xAA\xE5\x8A\xA8",
	"\xE8\x87\xAA\xE5\x8B\x95", NULL };

/* A header that only a machine writes: residents write of office hours too. */
static bool is_proved_machine(const struct rd_automatic *marks)
{
	return marks->auto_submitted || marks->null_return_path || marks->precedence_bulk;
}

void rd_automatic_finish(
	struct rd_automatic *marks, const char *from, const char *return_path, const char *subject)
{
	static const char *const failed[] = { "Undeliver", "Mail delivery", "Delivery status",
		"Delivery fail", "Delivery has", "Delivery to", "Delivery delayed", "Returned mail",
		"Failure notice", "Delayed mail", "Delayed:", "Could not", "Message could not",
		"Mail could not", "Mail system error", "Nondeliver", "Non-deliver", "Unzustellbar",
		"Warning: could not send", "Message delivery", "Unable to deliver", "Error sending",
		NULL };
	char local[LOCAL_MAX];
	bool daemon;

	marks->no_reply_address = rd_automatic_no_reply(from) ||
				  (return_path[0] != '\0' && rd_automatic_no_reply(return_path));
	if (is_proved_machine(marks) && begins_with_one(subject, absent_words))
		marks->auto_replied = true;
	local_part(from, false, local);
	daemon = starts(local, "mailer-daemon") || starts(local, "mailerdaemon") ||
		 strcmp(local, "mail-daemon") == 0;
	/* qmail and old Exchange send prose. A null return path alone is no proof (some gateways
	 * strip it), and neither is a subject; postmaster@ needs both, since people write from it.
	 */
	if (marks->null_return_path && begins_with_one(subject, failed) &&
		(daemon || strcmp(local, "postmaster") == 0 || local[0] == '\0' ||
			marks->auto_submitted || starts(local, "microsoftexchange")))
		marks->delivery_report = true;
	if (daemon && marks->null_return_path)
		marks->delivery_report = true;
}
