#include "redress/intake/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "redress/base/fault.h"
#include "redress/intake/maildir_file.h"

#define LOOK_MS	       2000    /* without a word from inotify: has a directory changed? */
#define LOOK_ALL_MS    3600000 /* everything again */
#define PAUSE_MS       5000    /* after a failure */
#define ONCE_LOOKS     20      /* rd_maildir_once waits so often for a file to settle */
#define UNMARKED_MAX   500
#define UNMARKED_ARENA (1u << 20)

struct maildir {
	const struct rd_intake_source *source;
	const struct rd_mailbox_config *config;
	struct rd_db *db;
	struct rd_maildir_dirs dirs;
	int64_t source_id;
	int64_t since_ms; /* of the first look ever; 0: not yet known */
	bool move;
	bool warned;
	struct rd_maildir_mail held[RD_BATCH_MESSAGES_MAX];
	size_t n_held;
	size_t held_bytes;
	int64_t n_listed; /* of a whole look */
	int64_t n_stored;
	bool whole; /* a look at all, not at what inotify names */
	bool again; /* a file was being written: look again soon */
	int inotify;
	int watches[RD_MAILDIR_N_DIRS];
	int64_t changed_ns[RD_MAILDIR_N_DIRS];
};

static void let_go(struct maildir *m)
{
	for (size_t i = 0; i < m->n_held; i++)
		rd_maildir_mail_free(&m->held[i]);
	m->n_held = 0;
	m->held_bytes = 0;
}

static void free_maildir(struct maildir **m)
{
	if (!*m)
		return;
	let_go(*m);
	rd_maildir_close(&(*m)->dirs);
	if ((*m)->inotify >= 0)
		close((*m)->inotify);
	rd_db_close((*m)->db);
	free(*m);
	*m = NULL;
}

static struct maildir *new_maildir(const struct rd_intake_source *source)
{
	struct maildir *m = calloc(1, sizeof *m);
	RD_ASSERT(m);
	m->source = source;
	m->config = source->config;
	m->inotify = -1;
	rd_maildir_init(&m->dirs);
	return m;
}

/* --- into the store --- */

static struct rd_mail_put describe(const struct maildir *m, const struct rd_maildir_mail *mail)
{
	return (struct rd_mail_put){
		.source_id = m->source_id,
		.landlord = m->config->landlord,
		.name = mail->base,
		.received_ms = mail->mtime_ms,
		.first_seen_ms = rd_now_ms(m->source->clock),
		.server_bytes = mail->file_bytes,
		.cut = mail->cut,
		.mark = m->move,
	};
}

static enum rd_rc mark(struct maildir *m, const struct rd_maildir_mail *mails, const int64_t *ids,
	size_t n, struct rd_err *err)
{
	if (!m->move || n == 0)
		return RD_OK;
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_maildir_move(
			&m->dirs, mails[i].dir, mails[i].name, m->config->afterwards_word, err));
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(m->db, &tx, err));
	RD_TRY(rd_intake_set_marked(tx, ids, n, err));
	return rd_tx_commit(&tx, err);
}

/* From *at on, as many as the transaction's time allows. */
static enum rd_rc store_some(struct maildir *m, size_t *at, int64_t *ids, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	size_t first = *at, i = *at, n_new = 0;
	RD_TRY(rd_tx_begin(m->db, &tx, err));
	int64_t until = rd_monotonic_ms() + RD_BATCH_MS_MAX;
	do {
		struct rd_mail_put put = describe(m, &m->held[i]);
		enum rd_rc rc = rd_intake_put_mail(
			tx, &put, rd_buf_str(&m->held[i].raw), m->held[i].raw.len, &ids[i], err);
		if (rc != RD_OK && rc != RD_E_EXISTS)
			return rc;
		n_new += rc == RD_OK;
	} while (++i < m->n_held && rd_monotonic_ms() < until);
	rd_fault_point("raw-commit-before");
	RD_TRY(rd_tx_commit(&tx, err));
	rd_fault_point("raw-commit-after");
	m->n_stored += (int64_t)n_new;
	*at = i;
	rd_source_accepted(m->source, n_new);
	return mark(m, m->held + first, ids + first, i - first, err);
}

/* A long mail in pieces, a transaction each, so that nobody waits for the store meanwhile. */
static enum rd_rc store_large(
	struct maildir *m, const struct rd_maildir_mail *mail, struct rd_err *err)
{
	struct rd_mail_put put = describe(m, mail);
	int64_t id = 0;
	for (size_t at = 0; at <= mail->raw.len; at += RD_RAW_PIECE_BYTES) {
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
		size_t len = mail->raw.len - at;
		bool last = len <= RD_RAW_PIECE_BYTES;
		rd_source_beat(m->source);
		RD_TRY(rd_tx_begin(m->db, &tx, err));
		if (at == 0)
			RD_TRY(rd_intake_start_mail(tx, &put, &id, err));
		RD_TRY(rd_intake_add_piece(
			tx, id, mail->raw.data + at, last ? len : RD_RAW_PIECE_BYTES, err));
		if (last)
			RD_TRY(rd_intake_finish_mail(tx, id, mail->cut, err));
		RD_TRY(rd_tx_commit(&tx, err));
		if (last)
			break;
	}
	m->n_stored++;
	rd_source_accepted(m->source, 1);
	return mark(m, mail, &id, 1, err);
}

static enum rd_rc flush(struct maildir *m, struct rd_err *err)
{
	int64_t ids[RD_BATCH_MESSAGES_MAX] = { 0 };
	for (size_t i = 0; i < m->n_held;)
		RD_TRY(store_some(m, &i, ids, err));
	let_go(m);
	return RD_OK;
}

/* --- one file --- */

static void skip_name(const struct maildir *m, const char *base, char out[RD_MAILDIR_SKIP_MAX])
{
	rd_maildir_skip_name(m->source_id, base, out);
}

/* Was it there before we began? */
static enum rd_rc is_skipped(struct maildir *m, const char *base, bool *ret, struct rd_err *err)
{
	char name[RD_MAILDIR_SKIP_MAX];
	int64_t value = 0;
	skip_name(m, base, name);
	RD_TRY(rd_meta_get_int(m->db, name, &value, err));
	*ret = value != 0;
	return RD_OK;
}

static enum rd_rc consider(
	struct maildir *m, enum rd_maildir_dir dir, const char *name, struct rd_err *err)
{
	struct rd_maildir_mail mail = { 0 };
	bool has = false, skipped = false;
	rd_source_beat(m->source);
	if (!rd_maildir_identify(dir, name, &mail))
		return RD_OK;
	RD_TRY(rd_intake_has_name(m->db, m->source_id, mail.base, &has, err));
	if (!has)
		RD_TRY(is_skipped(m, mail.base, &skipped, err));
	if (skipped)
		return RD_OK;
	if (has) {
		m->n_listed += m->whole;
		m->n_stored += m->whole;
		/* Stored, and not moved away before we stopped. */
		return m->move ? rd_maildir_move(
					 &m->dirs, dir, name, m->config->afterwards_word, err)
			       : RD_OK;
	}
	enum rd_rc rc = rd_maildir_read(&m->dirs, &mail, m->config->size_limit_bytes, err);
	if (rc == RD_E_MISSING)
		return RD_OK; /* moved on by its reader, or no mail at all */
	m->n_listed += rc != RD_E_AGAIN || m->whole;
	if (rc == RD_E_AGAIN) {
		m->again = true;
		return RD_OK;
	}
	if (rc == RD_E_REFUSED) {
		rd_source_warn(m->source, err->msg);
		return RD_OK;
	}
	RD_TRY(rc);
	if (mail.raw.len > RD_BATCH_BYTES_MAX) {
		rc = store_large(m, &mail, err);
		rd_maildir_mail_free(&mail);
		return rc;
	}
	m->held_bytes += mail.raw.len;
	m->held[m->n_held++] = mail;
	if (m->n_held == RD_BATCH_MESSAGES_MAX || m->held_bytes >= RD_BATCH_BYTES_MAX)
		return flush(m, err);
	return RD_OK;
}

/* --- a whole look --- */

typedef enum rd_rc on_name(struct maildir *m, enum rd_maildir_dir dir, const char *name,
	void *context, struct rd_err *err);

static void close_list(DIR **list)
{
	if (*list)
		closedir(*list);
}

static enum rd_rc each_name(struct maildir *m, enum rd_maildir_dir dir, on_name *call,
	void *context, struct rd_err *err)
{
	RD_CLEANUP(close_list) DIR *list = NULL;
	RD_TRY(rd_maildir_list(&m->dirs, dir, &list, err));
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(list);
		if (!entry && errno)
			return rd_fail(err, RD_E_AGAIN, "%s: %s", m->config->path, strerror(errno));
		if (!entry)
			return RD_OK;
		if (rd_source_stopping(m->source))
			return rd_fail(err, RD_E_AGAIN, "asked to stop");
		RD_TRY(call(m, dir, entry->d_name, context, err));
	}
}

static enum rd_rc consider_each(struct maildir *m, enum rd_maildir_dir dir, const char *name,
	void *context, struct rd_err *err)
{
	(void)context;
	return consider(m, dir, name, err);
}

/* new/ before cur/: a mail that its reader moves while we look is then seen in the second. */
static enum rd_rc look_at_all(struct maildir *m, struct rd_err *err)
{
	m->n_listed = 0;
	m->n_stored = 0;
	m->again = false;
	m->whole = true;
	RD_TRY(each_name(m, RD_MAILDIR_NEW, consider_each, NULL, err));
	RD_TRY(each_name(m, RD_MAILDIR_CUR, consider_each, NULL, err));
	m->whole = false;
	return flush(m, err);
}

/* After a whole look whatever is stored has been moved, or was gone. */
static enum rd_rc settle_marks(struct maildir *m, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(UNMARKED_ARENA);
	while (m->move) {
		struct rd_unmarked_mail *items = NULL;
		int64_t ids[UNMARKED_MAX];
		size_t n = 0;
		rd_arena_reset(arena);
		RD_TRY(rd_intake_list_unmarked(
			m->db, m->source_id, 0, UNMARKED_MAX, arena, &items, &n, err));
		if (n == 0)
			return RD_OK;
		for (size_t i = 0; i < n; i++)
			ids[i] = items[i].message_id;
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
		RD_TRY(rd_tx_begin(m->db, &tx, err));
		RD_TRY(rd_intake_set_marked(tx, ids, n, err));
		RD_TRY(rd_tx_commit(&tx, err));
	}
	return RD_OK;
}

static enum rd_rc note(struct maildir *m, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(m->db, &tx, err));
	RD_TRY(rd_source_note_counts(tx, m->source_id, m->n_listed, m->n_stored, err));
	RD_TRY(rd_source_note_success(tx, m->source_id, rd_now_ms(m->source->clock), err));
	RD_TRY(rd_tx_commit(&tx, err));
	rd_source_success(m->source);
	return RD_OK;
}

static enum rd_rc whole_look(struct maildir *m, struct rd_err *err)
{
	RD_TRY(look_at_all(m, err));
	RD_TRY(settle_marks(m, err));
	return note(m, err);
}

/* --- beginning --- */

struct skipping {
	struct rd_tx *tx;
	int64_t before_ms; /* INT64_MAX: whatever is there */
};

static enum rd_rc skip_each(struct maildir *m, enum rd_maildir_dir dir, const char *name,
	void *context, struct rd_err *err)
{
	const struct skipping *s = context;
	struct rd_maildir_mail mail = { 0 };
	char key[RD_MAILDIR_SKIP_MAX];
	int64_t mtime_ms = 0;
	if (!rd_maildir_identify(dir, name, &mail) ||
		!rd_maildir_mtime(&m->dirs, dir, name, &mtime_ms) || mtime_ms >= s->before_ms)
		return RD_OK;
	skip_name(m, mail.base, key);
	return rd_meta_set_int(s->tx, key, 1, err);
}

/* The first look at this mailbox ever: remembers what is not ours. One transaction, so that a crash
 * in between leaves no half of it. */
static enum rd_rc first_look(struct maildir *m, const char *since_name, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(m->db, &tx, err));
	struct skipping s = { .tx = tx, .before_ms = INT64_MAX };
	if (m->config->start_from == RD_START_DAY)
		s.before_ms = rd_date_start_ms(m->config->start_day);
	if (m->config->start_from != RD_START_ALL) {
		RD_TRY(each_name(m, RD_MAILDIR_NEW, skip_each, &s, err));
		RD_TRY(each_name(m, RD_MAILDIR_CUR, skip_each, &s, err));
	}
	RD_TRY(rd_meta_set_int(tx, since_name, rd_now_ms(m->source->clock), err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc take_source(struct maildir *m, struct rd_err *err)
{
	const struct rd_source_identity identity = {
		.kind = RD_SOURCE_MAILDIR,
		.host = m->config->path,
		.user = "",
		.folder = "",
	};
	bool is_new = false;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	RD_TRY(rd_tx_begin(m->db, &tx, err));
	RD_TRY(rd_source_take(tx, &identity, m->config->name, rd_now_ms(m->source->clock),
		&m->source_id, &is_new, err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc begin(struct maildir *m, struct rd_err *err)
{
	char name[64];
	if (!m->db)
		RD_TRY(rd_db_open(m->source->store, &m->db, err));
	if (!m->source_id)
		RD_TRY(take_source(m, err));
	if (!rd_maildir_is_open(&m->dirs))
		RD_TRY(rd_maildir_open(&m->dirs, m->config->path, err));
	m->move = m->config->afterwards == RD_AFTER_MOVE;
	if (m->config->afterwards == RD_AFTER_KEYWORD && !m->warned) {
		m->warned = true;
		rd_source_warn(m->source,
			"a Maildir keeps no keywords: mails are taken in and left as they are");
	}
	if (m->since_ms)
		return RD_OK;
	snprintf(name, sizeof name, "mailbox-since.%lld", (long long)m->source_id);
	RD_TRY(rd_meta_get_int(m->db, name, &m->since_ms, err));
	if (!m->since_ms)
		RD_TRY(first_look(m, name, err));
	return rd_meta_get_int(m->db, name, &m->since_ms, err);
}

enum rd_rc rd_maildir_once(const struct rd_intake_source *source, struct rd_err *err)
{
	RD_CLEANUP(free_maildir) struct maildir *m = new_maildir(source);
	RD_TRY(begin(m, err));
	RD_TRY(whole_look(m, err));
	for (int i = 0; m->again && i < ONCE_LOOKS; i++) {
		poll(NULL, 0, RD_MAILDIR_SETTLED_MS);
		RD_TRY(whole_look(m, err));
	}
	return RD_OK;
}

/* --- the thread --- */

/* Without inotify (no watches left, say) the looks alone find the mails. */
static void watch(struct maildir *m)
{
	if (m->inotify >= 0)
		close(m->inotify);
	m->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (int dir = 0; dir < RD_MAILDIR_N_DIRS; dir++) {
		char path[64];
		snprintf(path, sizeof path, "/proc/self/fd/%d", m->dirs.fd[dir]);
		m->watches[dir] =
			m->inotify < 0
				? -1
				: inotify_add_watch(m->inotify, path,
					  IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE | IN_ONLYDIR);
	}
}

/* *ret_all: events were lost, or came without a name. */
static enum rd_rc take_events(struct maildir *m, bool *ret_all, struct rd_err *err)
{
	_Alignas(struct inotify_event) char buf[16384];
	ssize_t len;
	while (m->inotify >= 0 && (len = read(m->inotify, buf, sizeof buf)) > 0) {
		for (char *at = buf; at < buf + len;) {
			const struct inotify_event *event = (const void *)at;
			at += sizeof *event + event->len;
			if (event->mask & (IN_Q_OVERFLOW | IN_IGNORED) || !event->len)
				*ret_all = true;
			else if (event->wd == m->watches[RD_MAILDIR_NEW])
				RD_TRY(consider(m, RD_MAILDIR_NEW, event->name, err));
			else if (event->wd == m->watches[RD_MAILDIR_CUR])
				RD_TRY(consider(m, RD_MAILDIR_CUR, event->name, err));
		}
	}
	return flush(m, err);
}

/* Has a directory changed since we last asked? For file systems that tell inotify nothing. */
static bool has_changed(struct maildir *m)
{
	bool changed = false;
	for (int dir = 0; dir < RD_MAILDIR_N_DIRS; dir++) {
		struct stat st;
		if (fstat(m->dirs.fd[dir], &st) < 0)
			continue;
		int64_t ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
		changed = changed || ns != m->changed_ns[dir];
		m->changed_ns[dir] = ns;
	}
	return changed;
}

static void wait_for_mail(struct rd_thread *self, struct maildir *m)
{
	struct pollfd fds[2] = {
		{ .fd = rd_thread_wake_fd(self), .events = POLLIN },
		{ .fd = m->inotify, .events = POLLIN },
	};
	poll(fds, m->inotify >= 0 ? 2 : 1, m->again ? RD_MAILDIR_SETTLED_MS : LOOK_MS);
	if (fds[0].revents)
		rd_thread_wait(self, 0);
}

/* After something may have happened. *all: look at everything. */
static enum rd_rc follow_up(struct maildir *m, bool *all, struct rd_err *err)
{
	int64_t before = m->n_stored;
	bool heard = false;
	*all = m->again;
	if (m->inotify >= 0) {
		struct pollfd event = { .fd = m->inotify, .events = POLLIN };
		heard = poll(&event, 1, 0) > 0;
	}
	RD_TRY(take_events(m, all, err));
	*all = *all || m->again || (has_changed(m) && !heard);
	return m->n_stored != before ? note(m, err) : RD_OK;
}

static enum rd_rc work(struct rd_thread *self, struct maildir *m, struct rd_err *err)
{
	RD_TRY(begin(m, err));
	watch(m);
	(void)has_changed(m);
	int64_t looked_ms = 0;
	bool all = true;
	while (!rd_thread_stopping(self)) {
		rd_source_beat(m->source);
		if (all || rd_monotonic_ms() - looked_ms >= LOOK_ALL_MS) {
			RD_TRY(whole_look(m, err));
			looked_ms = rd_monotonic_ms();
		}
		wait_for_mail(self, m);
		RD_TRY(follow_up(m, &all, err));
	}
	return RD_OK;
}

void rd_maildir_run(struct rd_thread *self, const struct rd_intake_source *source)
{
	RD_CLEANUP(free_maildir) struct maildir *m = new_maildir(source);
	while (!rd_thread_stopping(self)) {
		struct rd_err err = { 0 };
		if (work(self, m, &err) == RD_OK || rd_thread_stopping(self))
			break;
		let_go(m);
		rd_maildir_close(&m->dirs);
		rd_source_warn(source, err.msg);
		rd_source_alarm(source,
			err.code == RD_E_MISSING ? RD_ALARM_REFUSED : RD_ALARM_STORAGE,
			"mailbox %s: %s", source->config->name, err.msg);
		rd_thread_wait(self, PAUSE_MS);
	}
}
