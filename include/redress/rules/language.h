/* clang-format off: the columns are the manual's */
/* language: the rule language, for whoever writes rules/.rules files. This header is its manual.
 *
 * FILES. All files *.rules in the rules folder itself form one rule set; names of rules and word
 * lists hold across files. landlords/NAME.rules is one landlord's layer on top. The text format is
 * base/stanza.h's: `Field: value` lines, a blank line between stanzas, `#` comments. The first
 * field of a stanza says what it is.
 *
 * HEAD (once in the whole folder):
 *   Ruleset: NAME            Format: 1 (the only one)
 *   Request below: 2.0       complaint totals under this: no complaint          (0..100)
 *   Complaint from: 5.0      totals from this up: a complaint; between: review  (0..100)
 *   Cap per group: 4.0       the most that the hits of one group add            (0..100)
 *   Nothing found: service_request | review      a message in which no rule hits at all; default
 *                            service_request, sure of itself
 * A group may have a cap of its own:   Group: NAME   Cap: 3.0   Means: ...
 *
 * WORD LISTS, shared:   Words: NAME   and lines  Word: PHRASE  (phrase syntax, lists within lists
 * not). A line may hold several, separated by commas. In a phrase: <NAME>.
 *
 * RULE
 *   Rule: id                 small letters, digits, hyphens; unique among rules and combines
 *   Means: ...               a sentence for people, at most 120 characters; wanted
 *   Topic: a delay           what a letter may say the message is about; at most 60 characters
 *   Group: delay             hits of one group share the cap, for each kind by itself
 *   Points: 2.5              -10..10, counted once however often the rule hits
 *   For: KIND                the total that the points join; complaint unless said otherwise
 *   Decides: KIND            settles the kind, whatever the totals say
 *   Flag: FLAG, FLAG         any of the fifteen flags
 *   Mark: WORD, WORD         free marks
 *   Look in: subject, body   or any (the default)
 *   Channel: email | sms | any
 *   Phrase: ...              repeated; any one of them makes the rule hit
 *   Regex: ...               repeated; wants `Reason:` (see REGEX)
 *   Words in message: 1-6    only in messages of so many words (the scored part of the body); `1-`
 *                            or `-6` leave one end open
 *   At least: 3              so many places in the message, not overlapping (1..20)
 *   Older than: 12 months    the hit counts only where a date in the phrase's own words ([date])
 *                            lies so many months (1..120) before the day of receipt
 *   Unless before: PHRASE, PHRASE [within 3 words]     repeated; see UNLESS
 *   Unless after:  ...
 *   Unless near:   ...
 *   Review: TEXT             where it hits, a person must look for this reason, whatever the totals
 *   Must match: TEXT         repeated, at least one: words in which this very rule must hit
 *   Must not match: TEXT     repeated, at least one: words that come near and in which it must not.
 *                            An example is the body of a mail; of a text message under
 *                            `Channel: sms`; the subject under `Look in: subject`
 *   Owner: who               Review by: YYYY-MM-DD
 * A rule without Points, Flag, Decides, Review, Mark or Topic serves only Combine stanzas.
 *
 * PHRASE. Words separated by blanks. Case, curly quotes and look-alike letters are made plain in
 * text and phrase alike before they meet. Between two words of a phrase the text may have blanks, a
 * line end and any punctuation, but never the end of a sentence.
 *   word             that word; "complain" is not "complains". A possessive 's may follow it
 *   word*            any word that begins so: complain* = complain, complains, complaint; a star
 *                    within a word stands for itself (sh*t, f***)
 *   don't            the apostrophe may be missing in the text. dont, cant, im, thats and their
 * like match with one too; but ill, well, were, hell, id, wed, shell only as they stand (they are
 * words of their own), and I'll and we'll want their apostrophe re-open          re-open, re open
 * and reopen 10/10 4th £20    as they stand, like 24/7 and 3.5 (a|b c|d e*)     one of these; may
 * hold everything but anchors, and may be nested (word)?          may be missing; <NAME>? too
 *   <NAME>           any phrase of the list
 *   [0-6 words]      a gap: so many words of any kind, at most 12; not at the beginning or end of a
 *                    phrase, but for [end] behind it. [3 words] is exactly three
 *   [number]         3, 3.5, 1,000, two, twenty, dozen ...
 *   [money]          £20, 20 pounds, 20p
 *   [date]           12/03/2024, 3 march 2024, march 2024, 2024-03-12, 2024
 *   [start]          first in a phrase: the field begins here
 *   [end]            last: the field ends here
 *   [sentence start] [sentence end]     the same for a sentence
 *   [question]       last in a phrase: the sentence ends with a question mark
 * Punctuation at a word's edges is dropped. A phrase has at most 400 bytes and 80 words, those of
 * its alternatives counted together.
 *
 * SENTENCES end at . ! ? before a blank, at an empty line, at the end of a line shorter than 40
 * bytes, and before a list's bullet. "..." and the dot of Mr. or approx. end none. Emoji are words
 * that may be glued to another: `Phrase: 👍` works.
 *
 * UNLESS. A place where the rule matches does not count if one of these phrases stands in the same
 * sentence within the window: before (ends before the match begins), after, or near (either, or
 * overlapping it). [within N words], 1..30, the last thing in the line, default 4; the neighbouring
 * word is 1 away. [same sentence] lifts the limit. What was stopped, and by what, is recorded.
 *
 * REGEX. PCRE2, run on the prepared text: small letters, straight quotes, every sentence followed
 * by a line end ("\n") and no other line ends, so `.` never leaves a sentence. Refused: capitals
 * (they could not match), nested or more than two unbounded repetitions of anything, back
 * references, recursion, callouts, verbs, \C; more than 1,000 bytes.
 *
 * COMBINE
 *   Combine: id    If: EXPRESSION
 * and Means, Points, For, Group, Flag, Mark, Decides, Review, Topic, Channel, Owner, Review by,
 * Must match, Must not match as in a rule. EXPRESSION: rule ids, `and`, `or`, `not`, parentheses,
 * `any of group NAME`, `all of group NAME`, `2 of group NAME`, `any of (id, id)`, `2 of (id, id,
 * id)`. `not` binds tightest, then `and`. Combines may name combines, four deep, never in a circle.
 * It must need at least one hit to be true.
 *
 * LEANING (leaning.h)
 *   Leaning: id    Lean: +0.3 again, still, not been, complain*
 * and Means, For, Base, Cap, Channel, Owner, Review by. Words, beginnings and pairs of words that
 * lean to one kind; their points are added, evened out by length and capped.
 *
 * LANDLORD LAYER (landlords/NAME.rules): Rule, Combine, Leaning and Words stanzas of its own, and
 *   Override: rule-id   with the fields that change (all lines of a field are replaced), Reason:,
 *                       perhaps Until: (its last day), Of: (its rule's wording, revision.h)
 *   Disable: rule-id    with Reason: and Until: YYYY-MM-DD (the last day on which it is off)
 *   Ruleset: NAME       with thresholds that change, and Reason:
 */
/* clang-format on */
#ifndef REDRESS_RULES_LANGUAGE_H
#define REDRESS_RULES_LANGUAGE_H

#define RD_RULES_FORMAT 1

/* Limits of the language. */
#define RD_RULE_ID_MAX	      60
#define RD_RULE_MEANS_MAX     120
#define RD_RULE_TOPIC_MAX     60
#define RD_RULE_POINTS_MAX    10.0
#define RD_RULES_MAX	      5000 /* rules and combines in one set */
#define RD_PHRASE_BYTES_MAX   400
#define RD_PHRASE_WORDS_MAX   80
#define RD_PHRASE_DEPTH_MAX   6 /* nested parentheses */
#define RD_PHRASE_GAP_MAX     12
#define RD_PHRASE_WAYS_MAX    3000 /* product of (gap + 1): how many ways to spread its gaps */
#define RD_PATTERN_BYTES_MAX  (60u << 10) /* a phrase with its lists written out */
#define RD_REGEX_BYTES_MAX    1000
#define RD_WORDS_IN_LIST_MAX  500
#define RD_COMBINE_DEPTH_MAX  4
#define RD_COMBINE_TOKENS_MAX 200
#define RD_WINDOW_DEFAULT     4
#define RD_WINDOW_MAX	      30
#define RD_AT_LEAST_MAX	      20

/* Limits of matching. Counts only, so that the same text gives the same answer on any machine. */
#define RD_MATCH_LIMIT	     100000
#define RD_MATCH_DEPTH	     1000
#define RD_MATCH_HEAP_KIB    1024
#define RD_SEGMENT_BYTES     2048 /* the most text that one match is run on */
#define RD_SEGMENT_OVERLAP   256
#define RD_QUICK_STEPS	     200000u	 /* of a Regex's first run over one segment, all offsets */
#define RD_REGEX_STEPS_MAX   1000000u	 /* steps of all Regex together, for one message */
#define RD_CONFIRM_BYTES_MAX (64u << 20) /* bytes that phrases are run on, for one message */
#define RD_WORD_STEPS_MAX    20000000u	 /* words looked at on behalf of phrases, likewise */
#define RD_CANDIDATES_MAX    200000u	 /* phrases to be tried, each on one sentence of a field */

#endif
