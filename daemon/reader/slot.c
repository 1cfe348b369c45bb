#include "redress/reader/slot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "redress/base/clock.h"
#include "redress/reader/pack.h"
#include "redress/reader/reader.h"

#define KEPT_BYTES ((size_t)1 << 20)  /* a buffer that grew beyond is given back */
#define IN_BYTES   ((size_t)64 << 10) /* read at once */

static void describe_end(int status, char out[static RD_SLOT_DETAIL_MAX])
{
	if (WIFSIGNALED(status)) {
		const char *name = sigabbrev_np(WTERMSIG(status));
		snprintf(out, RD_SLOT_DETAIL_MAX, "signal %d (SIG%s)", WTERMSIG(status),
			name ? name : "?");
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == RD_CHILD_CPU) {
		snprintf(out, RD_SLOT_DETAIL_MAX, "CPU limit of %d ms", RD_READER_CPU_MS);
	} else {
		snprintf(out, RD_SLOT_DETAIL_MAX, "exit status %d", WEXITSTATUS(status));
	}
}

void rd_slot_clear(
	struct rd_slot *slot, struct rd_spawner *spawner, char ret_detail[RD_SLOT_DETAIL_MAX])
{
	struct rd_err err = { 0 };
	int status = 0;

	if (ret_detail != NULL)
		ret_detail[0] = '\0';
	if (slot->state == RD_SLOT_EMPTY)
		return;
	enum rd_rc rc = rd_spawner_end(spawner, atomic_load(&slot->pid), &status, &err);
	if (rc == RD_OK && ret_detail != NULL)
		describe_end(status, ret_detail);
	close(slot->fd);
	rd_buf_free(&slot->out);
	rd_buf_free(&slot->in);
	atomic_store(&slot->pid, 0);
	slot->state = RD_SLOT_EMPTY;
	slot->n_flight = 0;
	slot->sending = RD_SLOT_NONE;
}

bool rd_slot_is_gone(const struct rd_slot *slot)
{
	char byte;

	return recv(slot->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

enum rd_rc rd_slot_say(struct rd_slot *slot, enum rd_frame_type type, const void *bytes, size_t len,
	struct rd_err *err)
{
	uint8_t head[RD_FRAME_HEAD_BYTES];

	rd_frame_head(head, type, len);
	RD_TRY(rd_buf_add(&slot->out, head, sizeof head, err));
	return rd_buf_add(&slot->out, bytes, len, err);
}

static enum rd_rc queue_setup(
	struct rd_slot *slot, const struct rd_buf *setup, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf today = RD_BUF(8);
	struct rd_packer packer = { &today, false };

	rd_pack_u64(&packer, (uint64_t)now_ms);
	RD_TRY(rd_slot_say(slot, RD_FRAME_TODAY, today.data, today.len, err));
	return rd_slot_say(slot, RD_FRAME_SETUP, rd_buf_str(setup), setup->len, err);
}

enum rd_rc rd_slot_start(struct rd_slot *slot, struct rd_spawner *spawner,
	const struct rd_buf *setup, struct rd_err *err)
{
	int64_t now_ms = rd_now_ms(&rd_system_clock);
	int fd, pid;

	RD_TRY(rd_spawner_child(spawner, &fd, &pid, err));
	slot->fd = fd;
	atomic_store(&slot->pid, pid);
	slot->state = RD_SLOT_STARTING;
	slot->day = rd_date_of(now_ms);
	slot->out = (struct rd_buf)RD_BUF(RD_SETUP_BYTES_MAX + 4 * RD_FRAME_HEAD_BYTES);
	slot->in = (struct rd_buf)RD_BUF(RD_ANSWER_BYTES_MAX + RD_FRAME_HEAD_BYTES + IN_BYTES);
	slot->out_sent = 0;
	slot->n_flight = 0;
	slot->sending = RD_SLOT_NONE;
	slot->n_asked = 0;
	slot->big = false;
	slot->exclusive = false;
	slot->since_ms = rd_monotonic_ms();
	enum rd_rc rc = queue_setup(slot, setup, now_ms, err);
	if (rc != RD_OK)
		rd_slot_clear(slot, spawner, NULL);
	return rc;
}

enum rd_rc rd_slot_write(struct rd_slot *slot, struct rd_err *err)
{
	while (slot->out_sent < slot->out.len) {
		ssize_t n = send(slot->fd, slot->out.data + slot->out_sent,
			slot->out.len - slot->out_sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return RD_OK;
		if (n < 0)
			return rd_fail(err, RD_E_AGAIN, "a parse child is gone");
		slot->out_sent += (size_t)n;
	}
	slot->out_sent = 0;
	if (slot->out.size > KEPT_BYTES)
		rd_buf_free(&slot->out);
	else
		rd_buf_clear(&slot->out);
	return RD_OK;
}

enum rd_rc rd_slot_read(struct rd_slot *slot, struct rd_err *err)
{
	char bytes[IN_BYTES];
	ssize_t n;

	do
		n = recv(slot->fd, bytes, sizeof bytes, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return RD_OK;
	if (n <= 0)
		return rd_fail(err, RD_E_AGAIN, "a parse child is gone");
	return rd_buf_add(&slot->in, bytes, (size_t)n, err);
}

enum rd_rc rd_slot_frame(
	const struct rd_slot *slot, struct rd_slot_frame *ret_frame, struct rd_err *err)
{
	struct rd_slot_frame frame = { .whole = false };

	if (slot->in.len >= RD_FRAME_HEAD_BYTES) {
		const uint8_t *head = (const uint8_t *)slot->in.data;
		if (rd_frame_head_read(head, RD_ANSWER_BYTES_MAX, &frame.type, &frame.len) != 0)
			return rd_fail(
				err, RD_E_INPUT, "a parse child does not speak as it should");
		frame.bytes = head + RD_FRAME_HEAD_BYTES;
		frame.whole = slot->in.len - RD_FRAME_HEAD_BYTES >= frame.len;
	}
	*ret_frame = frame;
	return RD_OK;
}

void rd_slot_frame_drop(struct rd_slot *slot, size_t len)
{
	size_t whole = RD_FRAME_HEAD_BYTES + len;

	slot->in.len -= whole;
	memmove(slot->in.data, slot->in.data + whole, slot->in.len);
	if (slot->in.len == 0 && slot->in.size > KEPT_BYTES)
		rd_buf_free(&slot->in);
}
