/* ruleset: everything that an administrator tunes, as one immutable whole.
 *
 * A rule folder (files *.rules, landlords/NAME.landlord and NAME.rules, letters/NAME.letter,
 * calendars/NAME.json, blocks) is first read into a struct rd_rulefiles: names and bytes, sorted by
 * name. Its SHA-256 (over each file's name, length and bytes, in order) is the rule set's name
 * everywhere: "sha256:<64 hex>". The store keeps the whole; a parse child is sent it; nothing reads
 * the folder again once it is activated.
 *
 * rd_ruleset_compile takes the shipped *.rules plus one landlord's layer and compiles them to
 * bounded PCRE2 patterns behind one literal pass over the text.
 */
#ifndef REDRESS_RULES_RULESET_H
#define REDRESS_RULES_RULESET_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_RULEFILES_MAX       500 /* files in one folder */
#define RD_RULEFILES_BYTES_MAX (16u << 20)
#define RD_RULESET_NAME_MAX    80 /* "sha256:..." and NUL */

struct rd_rulefile {
	const char *name; /* relative, "core.rules", "landlords/code-2024.landlord"; never absolute,
			     no ".." */
	const char *bytes;
	size_t len;
};

struct rd_rulefiles {
	const struct rd_rulefile *items; /* sorted by name */
	size_t n_items;
	char sha256[RD_RULESET_NAME_MAX]; /* "sha256:<hex>" */
};

/* Reads the folder; ignores names that begin with a dot or end in ~. Arena: all of it. */
RD_MUST_USE enum rd_rc rd_rulefiles_read(const char *dir, struct rd_arena *arena,
	struct rd_rulefiles *ret_files, struct rd_err *err);
/* The same from files already in memory (from the store, over a socket): sorts and hashes them. */
RD_MUST_USE enum rd_rc rd_rulefiles_take(struct rd_rulefile *items, size_t n_items,
	struct rd_rulefiles *ret_files, struct rd_err *err);
/* Puts the folder before a message that begins with one of its files: "FILE:1:2: ..." becomes
 * "DIR/FILE:1:2: ...". Returns err->code. */
enum rd_rc rd_rulefiles_fail_in(
	const struct rd_rulefiles *files, const char *dir, struct rd_err *err);
/* RD_E_MISSING with a did-you-mean where the folder has no such landlord. */
RD_MUST_USE enum rd_rc rd_rulefiles_check_landlord(
	const struct rd_rulefiles *files, const char *landlord, struct rd_err *err);
/* One file's bytes, or NULL. */
const struct rd_rulefile *rd_rulefiles_find(const struct rd_rulefiles *files, const char *name);

struct rd_ruleset;

/* landlord: "code-2024"; a layer landlords/NAME.rules is taken where there is one.
 * today_ms is for `Until:` of a disabled rule. Owned: rd_ruleset_free. The files may go afterwards.
 */
RD_MUST_USE enum rd_rc rd_ruleset_compile(const struct rd_rulefiles *files, const char *landlord,
	int64_t today_ms, struct rd_ruleset **ret_rules, struct rd_err *err);
void rd_ruleset_free(struct rd_ruleset *rules); /* NULL is fine */
void rd_ruleset_cleanup(struct rd_ruleset **rules);

/* Rules that failed too often on real messages: they are never tried, but what their literal pass
 * selects goes to a person (score.h). */
#define RD_OFF_RULES_MAX 512
struct rd_off_rule {
	const char *landlord, *rule; /* the rule's id */
};
struct rd_off_rules {
	const struct rd_off_rule *items;
	size_t n;
};
/* Of the rules that were compiled for that landlord; before the set is used by any thread. What the
 * set has not is passed over. */
void rd_ruleset_switch_off(struct rd_ruleset *rules, const struct rd_off_rules *off);

/* The name of the whole set that it was compiled from. */
const char *rd_ruleset_sha256(const struct rd_ruleset *rules);

#endif
