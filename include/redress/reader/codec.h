/* codec: a reading and a rule set as bytes, for the socket between the daemon and its children.
 *
 * What comes from a child is hostile: a resident's bytes may have taken it over. Every length,
 * count, offset, enumeration and text is checked, and nothing of the answer is used unless all of
 * it is right. Offsets of hits that fall inside a character are moved outward to its ends.
 */
#ifndef REDRESS_READER_CODEC_H
#define REDRESS_READER_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/message/origin.h"
#include "redress/reader/pack.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"

/* Longest texts of an answer that no other limit names. */
#define RD_ANSWER_NAME_MAX 1024 /* names, types, ids, date headers */
#define RD_ANSWER_TEXT_MAX 4096 /* a rule's meaning, topic, mark, reason for review */
#define RD_ANSWER_LIST_MAX 512	/* topics, marks, reasons, addresses */

/* Appends to out; RD_E_RANGE where out is full or a count is beyond what decoding takes. */
RD_MUST_USE enum rd_rc rd_reading_encode(const struct rd_message *message,
	const struct rd_score *score, struct rd_buf *out, struct rd_err *err);

/* Everything in the arena. RD_E_INPUT: not a right answer; RD_E_RANGE: the arena is full. */
RD_MUST_USE enum rd_rc rd_reading_decode(const void *bytes, size_t len, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_score *ret_score, struct rd_err *err);

/* A message that was taken apart before, on its way to a child that only scores it. */
RD_MUST_USE enum rd_rc rd_message_encode(
	const struct rd_message *message, struct rd_buf *out, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_message_decode(const void *bytes, size_t len, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err);

/* What is known of a mail's mailbox (NULL: nothing), in a BEGIN frame. Unpacked into the unpacker's
 * arena. */
void rd_origin_pack(struct rd_packer *packer, const struct rd_origin *origin);
void rd_origin_unpack(struct rd_unpacker *unpacker, struct rd_origin *ret_origin);

/* What a child is set up with. */
struct rd_child_setup {
	struct rd_rulefiles files;
	const char *const *landlords;
	size_t n_landlords;
	struct rd_off_rules off;
};

/* off: rules that are switched off, NULL for none; beyond RD_OFF_RULES_MAX they stay switched on.
 */
RD_MUST_USE enum rd_rc rd_setup_encode(const struct rd_rulefiles *files,
	const char *const *landlords, size_t n_landlords, const struct rd_off_rules *off,
	struct rd_buf *out, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_setup_decode(const void *bytes, size_t len, struct rd_arena *arena,
	struct rd_child_setup *ret_setup, struct rd_err *err);

#endif
