#include "redress/reader/frame.h"

#include "redress/base/err.h"

#define MAGIC 'R'

void rd_frame_head(uint8_t out[static RD_FRAME_HEAD_BYTES], enum rd_frame_type type, size_t len)
{
	RD_ASSERT(len <= UINT32_MAX);
	out[0] = MAGIC;
	out[1] = RD_FRAME_VERSION;
	out[2] = (uint8_t)type;
	out[3] = 0;
	for (unsigned i = 0; i < 4; i++)
		out[4 + i] = (uint8_t)(len >> (8 * i));
}

int rd_frame_head_read(const uint8_t head[static RD_FRAME_HEAD_BYTES], size_t max,
	enum rd_frame_type *ret_type, size_t *ret_len)
{
	size_t len = (size_t)head[4] | (size_t)head[5] << 8 | (size_t)head[6] << 16 |
		     (size_t)head[7] << 24;

	if (head[0] != MAGIC || head[1] != RD_FRAME_VERSION || head[3] != 0 ||
		head[2] < RD_FRAME_TODAY || head[2] > RD_FRAME_ANSWER || len > max)
		return -1;
	*ret_type = (enum rd_frame_type)head[2];
	*ret_len = len;
	return 0;
}
