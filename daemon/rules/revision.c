#include "redress/rules/revision.h"

#include <ctype.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TEXT_BYTES   800 /* of what both say */
#define SHOWN_BYTES  80	 /* of one value in it */
#define FIELDS_SHOWN 3

static bool is_for_people(const char *name)
{
	static const char *const names[] = { "Rule", "Combine", "Leaning", "Override", "Means",
		"Owner", "Review by", "Reason", "Must match", "Must not match", "Of", "Until" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

void rd_revision(struct rd_lines lines, char out[static RD_REVISION_MAX])
{
	gnutls_hash_hd_t hash;
	uint8_t digest[32];

	RD_ASSERT(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) >= 0);
	for (size_t i = 0; i < lines.n_items; i++) {
		const struct rd_line *line = &lines.items[i];
		if (is_for_people(line->name))
			continue;
		for (const char *p = line->name; *p != '\0'; p++) {
			char small = (char)tolower((unsigned char)*p);
			gnutls_hash(hash, &small, 1);
		}
		gnutls_hash(hash, ":", 1);
		gnutls_hash(hash, line->value, strlen(line->value) + 1);
	}
	gnutls_hash_deinit(hash, digest);
	for (size_t i = 0; i < 4; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static const struct rd_line *first_of(struct rd_lines lines, const char *name, size_t *ret_n)
{
	const struct rd_line *first = NULL;

	*ret_n = 0;
	for (size_t i = 0; i < lines.n_items; i++)
		if (strcasecmp(lines.items[i].name, name) == 0) {
			first = first != NULL ? first : &lines.items[i];
			++*ret_n;
		}
	return first;
}

static void add_value(char text[static TEXT_BYTES], const struct rd_line *line, size_t n)
{
	size_t len = strlen(text);
	char more[40] = "";

	if (n > 1)
		snprintf(more, sizeof more, " and %zu more", n - 1);
	if (line == NULL)
		snprintf(text + len, TEXT_BYTES - len, "nothing");
	else
		snprintf(text + len, TEXT_BYTES - len, "`%.*s`%s in %s, line %d", SHOWN_BYTES,
			line->value, more, line->at.file, line->at.line);
}

/* "Points: the rule says `2` in a.rules, line 3, the override `4` in ..." for the fields that the
 * override changes. */
static void say_both(struct rd_lines shipped, struct rd_lines changes, char text[static TEXT_BYTES])
{
	size_t n_shown = 0;

	text[0] = '\0';
	for (size_t i = 0; i < changes.n_items; i++) {
		const char *name = changes.items[i].name;
		size_t n_new = 0, n_old = 0;
		const struct rd_line *changed = first_of(changes, name, &n_new);
		if (is_for_people(name) || changed != &changes.items[i] ||
			n_shown++ >= FIELDS_SHOWN)
			continue;
		const struct rd_line *old = first_of(shipped, name, &n_old);
		size_t len = strlen(text);
		snprintf(text + len, TEXT_BYTES - len, "%s%s: the rule says ", len > 0 ? "; " : "",
			name);
		add_value(text, old, n_old);
		len = strlen(text);
		snprintf(text + len, TEXT_BYTES - len, ", this override ");
		add_value(text, changed, n_new);
	}
	const size_t len = strlen(text);
	if (n_shown > FIELDS_SHOWN)
		snprintf(text + len, TEXT_BYTES - len, "; and %zu more field%s",
			n_shown - FIELDS_SHOWN, n_shown - FIELDS_SHOWN == 1 ? "" : "s");
}

void rd_revision_check(const struct rd_line *of, struct rd_lines shipped, struct rd_lines changes,
	struct rd_problems *problems)
{
	const struct rd_line *first = &changes.items[0];
	char now[RD_REVISION_MAX], both[TEXT_BYTES];

	rd_revision(shipped, now);
	if (of == NULL) {
		rd_problem_note(problems, first->name_at,
			"add `Of: %s` and lint will tell you once the rule `%s` is no longer the "
			"one that this was written for",
			now, first->value);
		return;
	}
	if (strcasecmp(of->value, now) == 0)
		return;
	say_both(shipped, changes, both);
	rd_problem_warning(problems, of->at,
		"rule `%s` has changed since this override was written. %s. If that is still what "
		"you want, write `Of: %s`",
		first->value, both, now);
}
