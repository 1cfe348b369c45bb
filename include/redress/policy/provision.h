/* provision: what a landlord's policy promises besides its clocks, each in a stanza of its profile.
 *
 *   Stage: feedback | feedback-investigation | stage1 | stage2
 *   Called: Stage 1                as the policy calls it
 *   Answered by: ...               a role, never a name
 *   Reviewer: ...                  optional: who may not, or must, decide
 *   Begins: ...                    optional, repeatable: what brings a case here
 *   Before answering: ...          optional, repeatable: what must be done first
 *
 *   Category: missed-visit         small letters, digits, hyphens
 *   Kind: service_request          one of the seven kinds: what such a message is
 *   Handled: ...                   repeatable: what is done with it
 *
 *   Exclusion: over-12-months      a reason for which a complaint may be refused
 *   Says: ...                      as a letter gives it
 *   Unless: ...                    optional, repeatable
 *   Decided by: ...                optional: a role
 *
 *   Route: health_safety           a flag, or a name of rd_route_names
 *   To: ...                        a role, as a `Role:` of the configuration calls it; repeatable
 *   When: at once                  at once | with the case (default)
 *   Does: ...                      optional, repeatable: what the role is told to do
 *   Mark: ...                      optional, repeatable: a mark of the rules that raises it
 *   Topic: ...                     optional, repeatable: a topic of the rules that raises it
 *   About: ...                     optional, repeatable: the role that a complaint of conduct is
 *                                  about; it then takes the place of staff-conduct (route.h)
 *
 *   Letter: stage1-response        a name of rd_policy_letter_names
 *   Must say: ...                  repeatable
 *
 *   Report: quarterly              small letters, digits, hyphens
 *   To: ...                        repeatable
 *   By: ...                        optional: until when
 *   Holds: ...                     repeatable
 *
 *   Hazard phase: 1                of Awaab's Law: 1 | 2 | 3
 *   Switch: on                     on | off
 *   Covers: ...                    repeatable
 *   Flag: damp_mould               optional, repeatable: the flags that such hazards carry
 *
 *   Ombudsman as printed: NAME     the block that the policy itself prints, kept for the record
 *   Phone: Post: Web: Email: Fax: Others:   each optional
 *
 * In each: `Source:` (the clause) must stand; `Choice:`, repeatable, says how a contradiction or a
 * silence of the policy was resolved. No two stanzas of a kind have one name. Everything lies in
 * the arena that the file was parsed into.
 */
#ifndef REDRESS_POLICY_PROVISION_H
#define REDRESS_POLICY_PROVISION_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/err.h"
#include "redress/base/stanza.h"

#define RD_PROVISIONS_MAX     400 /* stanzas of one profile */
#define RD_PROVISION_NAME_MAX 64  /* but of the Ombudsman's, which is a line of print */

enum rd_provision_kind {
	RD_PROVISION_STAGE = 0,
	RD_PROVISION_CATEGORY,
	RD_PROVISION_EXCLUSION,
	RD_PROVISION_ROUTE,
	RD_PROVISION_LETTER,
	RD_PROVISION_REPORT,
	RD_PROVISION_HAZARD,
	RD_PROVISION_PRINTED,
	RD_N_PROVISIONS,
};

/* "Stage", "Category", ...: the field that begins each kind; NULL-ended. */
extern const char *const rd_provision_names[RD_N_PROVISIONS + 1];
extern const char *const rd_route_names[];	   /* the flags, then those that are none */
extern const char *const rd_policy_letter_names[]; /* "acknowledgement", "extension", ... */
extern const char *const rd_policy_stage_names[];  /* "feedback", ..., "stage2" */

struct rd_provision {
	enum rd_provision_kind kind;
	const char *name; /* what stands behind the first field */
	const char *source;
	const struct rd_stanza *stanza; /* every field, for rd_stanza_value and rd_stanza_next */
};

/* Does a stanza begin one of the kinds? */
bool rd_provision_begins(const struct rd_stanza *stanza, enum rd_provision_kind *ret_kind);

/* kind: of rd_provision_begins. earlier: those of the file so far. */
RD_MUST_USE enum rd_rc rd_provision_parse(const struct rd_stanza *stanza,
	enum rd_provision_kind kind, const struct rd_provision *earlier, size_t n_earlier,
	struct rd_provision *ret_provision, struct rd_err *err);

/* The one of that kind and name, or NULL. */
const struct rd_provision *rd_provision_find(const struct rd_provision *provisions, size_t n,
	enum rd_provision_kind kind, const char *name);

/* The fields of a kind's stanzas, the first one first, `Source` and `Choice` last; NULL-ended. */
const char *const *rd_provision_fields(enum rd_provision_kind kind);
bool rd_provision_repeats(const char *field); /* may it stand more than once? */

/* Does the provision have this field with this value? */
bool rd_provision_has(const struct rd_provision *provision, const char *field, const char *value);

#endif
