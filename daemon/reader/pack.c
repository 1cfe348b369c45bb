#include "redress/reader/pack.h"

#include <math.h>
#include <string.h>
#include "redress/message/charset.h"

#define NUMBER_MAX 1e6

void rd_pack_bytes(struct rd_packer *packer, const void *bytes, size_t len)
{
	struct rd_err err;

	if (!packer->full && rd_buf_add(packer->buf, bytes, len, &err) != RD_OK)
		packer->full = true;
}

void rd_pack_u8(struct rd_packer *packer, uint8_t value)
{
	rd_pack_bytes(packer, &value, 1);
}

void rd_pack_u32(struct rd_packer *packer, uint32_t value)
{
	uint8_t bytes[4];

	for (unsigned i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	rd_pack_bytes(packer, bytes, sizeof bytes);
}

void rd_pack_u64(struct rd_packer *packer, uint64_t value)
{
	rd_pack_u32(packer, (uint32_t)value);
	rd_pack_u32(packer, (uint32_t)(value >> 32));
}

void rd_pack_bool(struct rd_packer *packer, bool value)
{
	rd_pack_u8(packer, value ? 1 : 0);
}

void rd_pack_double(struct rd_packer *packer, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	rd_pack_u64(packer, bits);
}

void rd_pack_text(struct rd_packer *packer, const char *text, size_t len)
{
	if (len > UINT32_MAX) {
		packer->full = true;
		return;
	}
	rd_pack_u32(packer, (uint32_t)len);
	rd_pack_bytes(packer, text, len);
}

void rd_pack_str(struct rd_packer *packer, const char *text)
{
	rd_pack_text(packer, text, strlen(text));
}

static size_t left(const struct rd_unpacker *unpacker)
{
	return unpacker->bad ? 0 : (size_t)(unpacker->end - unpacker->at);
}

void rd_unpack_bytes(struct rd_unpacker *unpacker, void *out, size_t len)
{
	if (len > left(unpacker)) {
		unpacker->bad = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, unpacker->at, len);
	unpacker->at += len;
}

uint8_t rd_unpack_u8(struct rd_unpacker *unpacker)
{
	uint8_t value;

	rd_unpack_bytes(unpacker, &value, 1);
	return value;
}

uint32_t rd_unpack_u32(struct rd_unpacker *unpacker)
{
	uint8_t bytes[4];

	rd_unpack_bytes(unpacker, bytes, sizeof bytes);
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

uint64_t rd_unpack_u64(struct rd_unpacker *unpacker)
{
	uint64_t low = rd_unpack_u32(unpacker);

	return low | (uint64_t)rd_unpack_u32(unpacker) << 32;
}

bool rd_unpack_bool(struct rd_unpacker *unpacker)
{
	uint8_t value = rd_unpack_u8(unpacker);

	if (value > 1)
		unpacker->bad = true;
	return value == 1;
}

double rd_unpack_double(struct rd_unpacker *unpacker)
{
	uint64_t bits = rd_unpack_u64(unpacker);
	double value;

	memcpy(&value, &bits, sizeof value);
	if (!isfinite(value) || fabs(value) > NUMBER_MAX) {
		unpacker->bad = true;
		return 0;
	}
	return value;
}

uint32_t rd_unpack_count(struct rd_unpacker *unpacker, uint32_t max, size_t bytes_each)
{
	uint32_t count = rd_unpack_u32(unpacker);

	if (count > max || count > left(unpacker) / bytes_each) {
		unpacker->bad = true;
		return 0;
	}
	return count;
}

const char *rd_unpack_raw(struct rd_unpacker *unpacker, uint32_t max, size_t *ret_len)
{
	uint32_t len = rd_unpack_u32(unpacker);

	*ret_len = 0;
	if (len > max || len > left(unpacker))
		unpacker->bad = true;
	if (unpacker->bad)
		return "";
	const char *copy = rd_arena_copy(unpacker->arena, unpacker->at, len);
	if (copy == NULL) {
		unpacker->bad = true;
		return "";
	}
	unpacker->at += len;
	*ret_len = len;
	return copy;
}

const char *rd_unpack_text(struct rd_unpacker *unpacker, uint32_t max, uint32_t *ret_len)
{
	size_t len;
	const char *text = rd_unpack_raw(unpacker, max, &len);

	*ret_len = 0;
	if (rd_utf8_valid(text, len) != len) {
		unpacker->bad = true;
		return "";
	}
	*ret_len = (uint32_t)len;
	return text;
}

const char *rd_unpack_str(struct rd_unpacker *unpacker, uint32_t max)
{
	uint32_t len;

	return rd_unpack_text(unpacker, max, &len);
}

void *rd_unpack_array(struct rd_unpacker *unpacker, uint32_t count, size_t bytes_each)
{
	if (unpacker->bad || count == 0)
		return NULL;
	void *array = rd_arena_array(unpacker->arena, count, bytes_each);
	if (array == NULL)
		unpacker->bad = true;
	return array;
}
