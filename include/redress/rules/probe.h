/* probe: a hand-written pattern tried on the texts that it would stumble over. For daemon/rules
 * alone.
 *
 * The texts are made from the pattern's own structure: every beginning of it over and over, and
 * every repeated part of it over and over behind what leads to it, each with an end that lets the
 * match fail late. The end holds the character that PCRE2 knows a match must end with; without it
 * PCRE2 gives up before it begins, and the worst pattern looks harmless.
 */
#ifndef REDRESS_RULES_PROBE_H
#define REDRESS_RULES_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/rules/compiled.h"

#define RD_PROBE_BYTES	   2000
#define RD_PROBE_WAYS_MAX  1000000	  /* to spread bounded repetitions */
#define RD_PROBE_STEPS_MAX RD_QUICK_STEPS /* on such a text */

struct rd_probed {
	bool heavy;	/* some text takes more steps than that */
	bool runs_away; /* and the longer the text, the worse it is */
	unsigned steps; /* on the worst text tried */
	const char *on; /* arena: what that text repeats, "repair leak " */
};

struct rd_probed rd_probe(
	const struct rd_ruleset *set, const struct rd_pattern *pattern, struct rd_arena *arena);

#endif
