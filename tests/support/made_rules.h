/* made_rules: rule sets of any size in the manner of the shipped one, the same ones every time: for
 * measuring how scoring grows with rules, and for comparing ways of matching.
 *
 * Their phrases are what an officer writes: alternatives, optional words, gaps, endings, shared
 * lists, numbers; every third rule has an exclusion. They are made of the words that residents use,
 * so a message of a page is hit by some of them, and nearly all come near on something.
 */
#ifndef REDRESS_SUPPORT_MADE_RULES_H
#define REDRESS_SUPPORT_MADE_RULES_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/buf.h"

struct made_rules {
	uint32_t seed;
	struct rd_buf *out;
};

static const char *const made_things[] = { "boiler", "kitchen", "bathroom", "window", "roof",
	"gutter", "radiator", "toilet", "sink", "shower", "ceiling", "fence", "gate", "lift",
	"stairs", "heating", "hot water", "leak", "damp", "mould", "rent", "repair", "appointment",
	"inspection", "survey", "contractor", "engineer", "plumber", "electrician", "letter",
	"phone call", "email", "office", "manager", "garden", "parking", "rubbish", "bins",
	"front door", "back door", "light", "socket", "alarm", "tap", "pipe", "floor", "carpet",
	"wall", "neighbour", "noise", "dog", "cleaner", "caretaker", "key", "lock", "balcony",
	"drain", "smell", "rats", "mice" };
static const char *const made_deeds[] = { "broken", "leaking", "blocked", "missed", "cancelled",
	"ignored", "promised", "reported", "chased", "fixed", "replaced", "inspected", "cleaned",
	"flooded", "cracked", "damaged", "stuck", "dripping", "overflowing", "refused", "closed",
	"lost", "delayed", "booked", "rearranged", "finished", "started", "left", "painted",
	"removed" };
static const char *const made_feelings[] = { "angry", "upset", "fed up", "disgusted", "worried",
	"disappointed", "happy", "pleased", "frustrated", "ill", "cold", "tired", "grateful",
	"ashamed", "frightened", "furious", "stressed", "let down", "unsafe", "ignored" };
static const char *const made_people[] = { "my son", "my daughter", "my mother", "my partner",
	"the kids", "the baby", "my husband", "my wife", "an elderly lady", "the neighbours",
	"my doctor", "your staff", "the council", "the landlord", "your contractor" };
static const char *const made_small[] = { "not", "never", "still", "no", "again", "now", "just",
	"since", "about", "without", "because", "please", "when", "why", "how long" };
static const char *const made_stems[] = { "repair", "complain", "disappoint", "cancel", "promis",
	"wait", "report", "contact", "inspect", "replac", "apolog", "compensat", "explain",
	"arrang", "clean" };

#define MADE_PICK(rules, from) made_pick(rules, from, sizeof from / sizeof from[0])

static inline uint32_t made_below(struct made_rules *r, uint32_t n)
{
	r->seed = r->seed * 1103515245u + 12345u;
	return (r->seed >> 16) % n;
}

static inline const char *made_pick(struct made_rules *r, const char *const *from, size_t n)
{
	return from[made_below(r, (uint32_t)n)];
}

static inline void made_add(struct made_rules *r, const char *text)
{
	struct rd_err err = { 0 };

	RD_ASSERT(rd_buf_add_str(r->out, text, &err) == RD_OK);
}

/* "(a|b|c)" of two to five of them. */
static inline void made_group(struct made_rules *r, const char *const *from, size_t n)
{
	uint32_t members = 2 + made_below(r, 4);

	for (uint32_t i = 0; i < members; i++) {
		made_add(r, i == 0 ? "(" : "|");
		made_add(r, made_pick(r, from, n));
	}
	made_add(r, ")");
}

#define MADE_GROUP(rules, from) made_group(rules, from, sizeof from / sizeof from[0])

static inline void made_gap(struct made_rules *r)
{
	static const char *const gaps[] = { " ", " [0-1 words] ", " [0-2 words] ", " [0-3 words] ",
		" [0-4 words] ", " [0-6 words] " };

	made_add(r, MADE_PICK(r, gaps));
}

static inline void made_phrase(struct made_rules *r)
{
	static const char *const optional[] = { "(very|really|so)?", "(been)?", "(the|my|our)?",
		"(at all)?", "(for you)?" };
	static const char *const spans[] = { "days", "weeks", "months", "years", "<span>" };

	switch (made_below(r, 10)) {
	case 0: /* boiler [0-3 words] (broken|leaking) */
		made_add(r, MADE_PICK(r, made_things));
		made_gap(r);
		MADE_GROUP(r, made_deeds);
		break;
	case 1: /* (not|never) (been)? fixed */
		MADE_GROUP(r, made_small);
		made_add(r, " ");
		made_add(r, MADE_PICK(r, optional));
		made_add(r, " ");
		made_add(r, MADE_PICK(r, made_deeds));
		break;
	case 2: /* complain* [0-2 words] (the|my)? roof */
		made_add(r, MADE_PICK(r, made_stems));
		made_add(r, "*");
		made_gap(r);
		made_add(r, MADE_PICK(r, optional));
		made_add(r, " ");
		made_add(r, MADE_PICK(r, made_things));
		break;
	case 3: /* <asked> [0-6 words] (email|office) */
		made_add(r, "<asked>");
		made_gap(r);
		MADE_GROUP(r, made_things);
		break;
	case 4: /* (very|really|so)? angry (about|with) [0-2 words] (gate|lift) */
		made_add(r, "(very|really|so)? ");
		made_add(r, MADE_PICK(r, made_feelings));
		made_add(r, " (about|with|at|by)");
		made_gap(r);
		MADE_GROUP(r, made_things);
		break;
	case 5: /* (missed|booked) [0-4 words] [number] weeks */
		MADE_GROUP(r, made_deeds);
		made_gap(r);
		made_add(r, "(<count>|[number]) ");
		made_add(r, MADE_PICK(r, spans));
		break;
	case 6: /* my son [0-3 words] (is|are|was)? cold */
		MADE_GROUP(r, made_people);
		made_gap(r);
		made_add(r, "(is|are|was|feels|got)? ");
		MADE_GROUP(r, made_feelings);
		break;
	case 7: /* (my|the) [0-1 words] boiler: what every other message has */
		made_add(r, "(my|the|our|your) [0-1 words] ");
		MADE_GROUP(r, made_things);
		break;
	default: /* still no repair */
		made_add(r, MADE_PICK(r, made_small));
		made_add(r, " ");
		made_add(r, MADE_PICK(r, made_small));
		made_add(r, " ");
		MADE_GROUP(r, made_things);
		break;
	}
}

static inline void made_rule(struct made_rules *r, unsigned number)
{
	static const char *const sides[] = { "before", "after", "near" };
	struct rd_err err = { 0 };

	RD_ASSERT(rd_buf_printf(r->out, &err, "Rule: r%u\nGroup: g%u\nPoints: %u.5\n", number,
			  number % 20, made_below(r, 3)) == RD_OK);
	for (uint32_t i = 1 + made_below(r, 4); i > 0; i--) {
		made_add(r, "Phrase: ");
		made_phrase(r);
		made_add(r, "\n");
	}
	if (number % 3 == 0) {
		RD_ASSERT(rd_buf_printf(r->out, &err, "Unless %s: <if>, thank*, ",
				  MADE_PICK(r, sides)) == RD_OK);
		made_add(r, MADE_PICK(r, made_people));
		made_add(r, ", (no|not) ");
		made_add(r, MADE_PICK(r, made_feelings));
		made_add(r, " [within 5 words]\n");
	}
	made_add(r, "\n");
}

/* A file core.rules of n rules. */
static inline void made_rules_write(unsigned n, struct rd_buf *out)
{
	struct made_rules r = { .seed = 5, .out = out };

	made_add(&r,
		"Ruleset: made\nRequest below: 2\nComplaint from: 5\nCap per group: 4\n\n"
		"Words: asked\nWord: asked, rang, called, emailed, wrote, phoned, texted, "
		"reported, "
		"told, contacted, chased, been asking, been ringing, have asked, left a message\n\n"
		"Words: span\nWord: week, weeks, wk, wks, month, months, year, years, day, days, "
		"fortnight\n\n"
		"Words: count\nWord: one, two, three, four, five, six, several, many, countless, "
		"2, "
		"3, 4, 5, 6, a few, a couple of\n\n"
		"Words: if\nWord: if, unless, in case, whether\n\n");
	for (unsigned i = 0; i < n; i++)
		made_rule(&r, i);
}

#endif
