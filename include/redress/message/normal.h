/* normal: one field of a message made ready for matching.
 *
 * NFKC, case folded, smart quotes and dashes made plain, zero-width and soft hyphens dropped,
 * look-alike letters of other scripts inside an otherwise Latin word made Latin, runs of blanks
 * made one space (line ends stay "\n"). Text-speak is left alone: the rules' word lists know it.
 * ASCII takes a fast path. Only spans that are scored are in it, with "\n" between them.
 */
#ifndef REDRESS_MESSAGE_NORMAL_H
#define REDRESS_MESSAGE_NORMAL_H

#include "redress/base/arena.h"
#include "redress/message/message.h"

struct rd_normal {
	const char *text;
	uint32_t len;
	/* origin[i] is the byte of the field where normalised byte i comes from; origin[len] is
	 * where the last one ends. Never falls. NULL where it is the identity. */
	const uint32_t *origin;
	bool truncated; /* longer than max; the rest is not in it */
};

/* spans: NULL for the whole field. max: bytes of the result. Arena: text and origin. */
RD_MUST_USE enum rd_rc rd_normalise(const char *field, uint32_t len, const struct rd_span *spans,
	size_t n_spans, uint32_t max, struct rd_arena *arena, struct rd_normal *ret_normal,
	struct rd_err *err);

/* The bytes [*ret_from, *ret_to) of the field behind [from, to) of the normalised text. */
void rd_normal_origin(const struct rd_normal *normal, uint32_t from, uint32_t to,
	uint32_t *ret_from, uint32_t *ret_to);

#endif
