#include "redress/intake/imap_session.h"

#include <stdlib.h>
#include <string.h>

#include "redress/intake/imap_private.h"

#define LIST_BYTES 160u /* of one mail in a listing, news in between included */

void rd_uids_free(struct rd_uids *uids)
{
	free(uids->items);
	*uids = (struct rd_uids){ 0 };
}

enum rd_rc rd_uids_add(struct rd_uids *uids, uint32_t uid, struct rd_err *err)
{
	if (uids->n == uids->size) {
		if (uids->size >= RD_IMAP_UIDS_MAX)
			return rd_fail(err, RD_E_RANGE,
				"the folder holds more than %u mails; move the old ones away",
				RD_IMAP_UIDS_MAX);
		size_t size = uids->size ? uids->size * 2 : 1024;
		uint32_t *items = realloc(uids->items, size * sizeof *items);
		RD_ASSERT(items);
		uids->items = items;
		uids->size = size;
	}
	uids->items[uids->n++] = uid;
	return RD_OK;
}

static int by_uid(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static void sort_uids(struct rd_uids *uids)
{
	bool sorted = true;
	for (size_t i = 1; i < uids->n && sorted; i++)
		sorted = uids->items[i - 1] < uids->items[i];
	if (sorted)
		return;
	qsort(uids->items, uids->n, sizeof *uids->items, by_uid);
	size_t n = 1;
	for (size_t i = 1; i < uids->n; i++)
		if (uids->items[i] != uids->items[n - 1])
			uids->items[n++] = uids->items[i];
	uids->n = n;
}

struct mailimap_set *rd_imap_make_set(const uint32_t *uids, size_t n)
{
	RD_ASSERT(n > 0 && n <= RD_IMAP_RUN_MAX);
	struct mailimap_set *set = mailimap_set_new_empty();
	RD_ASSERT(set);
	for (size_t i = 0; i < n;) {
		size_t last = i;
		while (last + 1 < n && uids[last + 1] == uids[last] + 1)
			last++;
		int code = mailimap_set_add_interval(set, uids[i], uids[last]);
		RD_ASSERT(code == MAILIMAP_NO_ERROR);
		i = last + 1;
	}
	return set;
}

void rd_imap_set_cleanup(struct mailimap_set **set)
{
	mailimap_set_free(*set);
}

/* What a FETCH is for, while its answer comes in. */
struct fetching {
	struct rd_imap *imap;
	struct rd_uids *uids; /* a listing */
	uint32_t from;
	bool dated; /* a listing by INTERNALDATE */
	int64_t since_ms;
	uint32_t first;
	rd_imap_on_mail *on_mail; /* mails */
	void *context;
	uint32_t only; /* a piece: of this UID, */
	uint64_t from_byte;
	bool seen;
	char *data;
	size_t len;
	enum rd_rc rc;
	struct rd_err err;
};

struct item {
	uint32_t uid;
	uint64_t size;
	const struct mailimap_date_time *date;
	struct mailimap_msg_att_body_section *body;
};

static int64_t days_from_civil(int y, int m, int d)
{
	y -= m <= 2;
	int era = (y >= 0 ? y : y - 399) / 400;
	int yoe = y - era * 400;
	int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return (int64_t)era * 146097 + doe - 719468;
}

/* 0 where it is no date. */
static int64_t instant_of(const struct mailimap_date_time *t)
{
	if (!t || t->dt_year < 1980 || t->dt_year > 9999 || t->dt_month < 1 || t->dt_month > 12 ||
		t->dt_day < 1 || t->dt_day > 31 || t->dt_zone < -2400 || t->dt_zone > 2400)
		return 0;
	int zone_min = t->dt_zone / 100 * 60 + t->dt_zone % 100;
	int64_t days = days_from_civil(t->dt_year, t->dt_month, t->dt_day);
	return (((days * 24 + t->dt_hour) * 60 + t->dt_min - zone_min) * 60 + t->dt_sec) * 1000;
}

static struct item read_item(const struct mailimap_msg_att *att)
{
	struct item item = { 0 };
	for (clistiter *i = clist_begin(att->att_list); i; i = clist_next(i)) {
		const struct mailimap_msg_att_item *part = clist_content(i);
		if (part->att_type != MAILIMAP_MSG_ATT_ITEM_STATIC || !part->att_data.att_static)
			continue;
		struct mailimap_msg_att_static *of = part->att_data.att_static;
		if (of->att_type == MAILIMAP_MSG_ATT_UID)
			item.uid = of->att_data.att_uid;
		else if (of->att_type == MAILIMAP_MSG_ATT_RFC822_SIZE)
			item.size = of->att_data.att_rfc822_size;
		else if (of->att_type == MAILIMAP_MSG_ATT_INTERNALDATE)
			item.date = of->att_data.att_internal_date;
		else if (of->att_type == MAILIMAP_MSG_ATT_BODY_SECTION)
			item.body = of->att_data.att_body_section;
	}
	return item;
}

static enum rd_rc take_mail(struct fetching *f, struct item *item)
{
	struct rd_imap_mail mail = {
		.uid = item->uid,
		.received_ms = instant_of(item->date),
		.size_bytes = item->size,
		.data = item->body->sec_body_part,
		.len = item->body->sec_body_part ? item->body->sec_length : 0,
	};
	enum rd_rc rc = f->on_mail(f->context, &mail, &f->err);
	item->body->sec_body_part = mail.data; /* NULL where it was kept */
	return rc;
}

static enum rd_rc take_item(struct fetching *f, struct item *item)
{
	if (item->uid == 0)
		return RD_OK; /* news of flags */
	if (f->dated) {
		int64_t at = instant_of(item->date);
		if (item->date && (at >= f->since_ms || at == 0) && item->uid < f->first)
			f->first = item->uid;
		return RD_OK;
	}
	if (f->uids)
		/* RFC 3501 6.4.8: `n:*` always names the last mail, however low its UID. */
		return item->uid >= f->from ? rd_uids_add(f->uids, item->uid, &f->err) : RD_OK;
	if (!item->body)
		return RD_OK;
	if (f->on_mail)
		return take_mail(f, item);
	if (item->uid == f->only && item->body->sec_origin_octet == f->from_byte && !f->seen) {
		f->seen = true;
		f->data = item->body->sec_body_part;
		f->len = f->data ? item->body->sec_length : 0;
		item->body->sec_body_part = NULL;
	}
	return RD_OK;
}

static void on_att(struct mailimap_msg_att *att, void *context)
{
	struct fetching *f = context;
	if (f->rc != RD_OK)
		return;
	struct item item = read_item(att);
	f->rc = take_item(f, &item);
	if (f->rc != RD_OK)
		f->imap->broken = true; /* the next read fails: nothing more is taken in */
}

/* libetpan calls the handler only where a progress callback is set as well. */
static void on_progress(size_t current, size_t maximum, void *context)
{
	(void)current;
	(void)maximum;
	(void)context;
}

static void free_type(struct mailimap_fetch_type **type)
{
	mailimap_fetch_type_free(*type);
}

static struct mailimap_fetch_type *new_type(void)
{
	struct mailimap_fetch_type *type = mailimap_fetch_type_new_fetch_att_list_empty();
	RD_ASSERT(type);
	return type;
}

static void ask_for(struct mailimap_fetch_type *type, struct mailimap_fetch_att *att)
{
	RD_ASSERT(att);
	int code = mailimap_fetch_type_new_fetch_att_list_add(type, att);
	RD_ASSERT(code == MAILIMAP_NO_ERROR);
}

static void ask_for_piece(struct mailimap_fetch_type *type, uint64_t from)
{
	struct mailimap_section *section = mailimap_section_new(NULL);
	RD_ASSERT(section);
	ask_for(type, mailimap_fetch_att_new_body_peek_section_partial(
			      section, (uint32_t)from, RD_RAW_PIECE_BYTES));
}

static enum rd_rc fetch(struct fetching *f, struct mailimap_set *set,
	struct mailimap_fetch_type *type, const char *doing, struct rd_err *err)
{
	struct rd_imap *imap = f->imap;
	mailimap *session = imap->session;
	clist *list = NULL;
	mailimap_set_progress_callback(session, on_progress, on_progress, NULL);
	mailimap_set_msg_att_handler(session, on_att, f);
	int code = mailimap_uid_fetch(session, set, type, &list);
	mailimap_set_msg_att_handler(session, NULL, NULL);
	mailimap_set_progress_callback(session, NULL, NULL, NULL);
	if (code == MAILIMAP_NO_ERROR && list)
		mailimap_fetch_list_free(list);
	if (f->rc != RD_OK) {
		*err = f->err;
		return f->rc;
	}
	return rd_imap_outcome(imap, code, doing, err);
}

static uint64_t list_bytes(const struct rd_imap *imap)
{
	uint64_t exists = rd_imap_exists(imap);
	if (exists > RD_IMAP_UIDS_MAX)
		exists = RD_IMAP_UIDS_MAX;
	return RD_IMAP_SHORT_BYTES + exists * LIST_BYTES;
}

static enum rd_rc list(struct rd_imap *imap, struct mailimap_set *set, uint32_t from,
	struct rd_uids *ret_uids, struct rd_err *err)
{
	RD_CLEANUP(rd_uids_free) struct rd_uids found = { 0 };
	RD_CLEANUP(free_type) struct mailimap_fetch_type *type = new_type();
	ask_for(type, mailimap_fetch_att_new_uid());
	struct fetching f = { .imap = imap, .uids = &found, .from = from };
	rd_imap_begin(imap, RD_IMAP_FETCH_MS, list_bytes(imap));
	RD_TRY(fetch(&f, set, type, "list the mails", err));
	sort_uids(&found);
	rd_uids_free(ret_uids);
	*ret_uids = found;
	found = (struct rd_uids){ 0 };
	return RD_OK;
}

enum rd_rc rd_imap_list(
	struct rd_imap *imap, uint32_t from, struct rd_uids *ret_uids, struct rd_err *err)
{
	RD_CLEANUP(rd_imap_set_cleanup)
	struct mailimap_set *set = mailimap_set_new_interval(from, 0);
	RD_ASSERT(set);
	return list(imap, set, from, ret_uids, err);
}

enum rd_rc rd_imap_list_some(struct rd_imap *imap, const uint32_t *uids, size_t n,
	struct rd_uids *ret_uids, struct rd_err *err)
{
	RD_CLEANUP(rd_imap_set_cleanup) struct mailimap_set *set = rd_imap_make_set(uids, n);
	return list(imap, set, 1, ret_uids, err);
}

enum rd_rc rd_imap_first_since(
	struct rd_imap *imap, int64_t since_ms, uint32_t *ret_uid, struct rd_err *err)
{
	RD_CLEANUP(rd_imap_set_cleanup) struct mailimap_set *set = mailimap_set_new_interval(1, 0);
	RD_CLEANUP(free_type) struct mailimap_fetch_type *type = new_type();
	RD_ASSERT(set);
	ask_for(type, mailimap_fetch_att_new_uid());
	ask_for(type, mailimap_fetch_att_new_internaldate());
	struct fetching f = {
		.imap = imap, .dated = true, .since_ms = since_ms, .first = UINT32_MAX
	};
	rd_imap_begin(imap, RD_IMAP_FETCH_MS, list_bytes(imap));
	RD_TRY(fetch(&f, set, type, "list the mails by date", err));
	*ret_uid = f.first;
	return RD_OK;
}

enum rd_rc rd_imap_fetch(struct rd_imap *imap, const uint32_t *uids, size_t n,
	rd_imap_on_mail *on_mail, void *context, struct rd_err *err)
{
	RD_CLEANUP(rd_imap_set_cleanup) struct mailimap_set *set = rd_imap_make_set(uids, n);
	RD_CLEANUP(free_type) struct mailimap_fetch_type *type = new_type();
	ask_for(type, mailimap_fetch_att_new_uid());
	ask_for(type, mailimap_fetch_att_new_flags());
	ask_for(type, mailimap_fetch_att_new_internaldate());
	ask_for(type, mailimap_fetch_att_new_rfc822_size());
	ask_for_piece(type, 0);
	struct fetching f = { .imap = imap, .on_mail = on_mail, .context = context };
	rd_imap_begin(imap, RD_IMAP_FETCH_MS,
		RD_IMAP_SHORT_BYTES + (uint64_t)n * (RD_IMAP_LITERAL_MAX + 4096));
	return fetch(&f, set, type, "give mails", err);
}

enum rd_rc rd_imap_fetch_piece(struct rd_imap *imap, uint32_t uid, uint64_t from, char **ret_data,
	size_t *ret_len, struct rd_err *err)
{
	RD_CLEANUP(rd_imap_set_cleanup) struct mailimap_set *set = rd_imap_make_set(&uid, 1);
	RD_CLEANUP(free_type) struct mailimap_fetch_type *type = new_type();
	ask_for(type, mailimap_fetch_att_new_uid());
	ask_for_piece(type, from);
	struct fetching f = { .imap = imap, .only = uid, .from_byte = from };
	rd_imap_begin(imap, RD_IMAP_COMMAND_MS, RD_IMAP_SHORT_BYTES + RD_IMAP_LITERAL_MAX);
	enum rd_rc rc = fetch(&f, set, type, "give a piece of a mail", err);
	if (rc == RD_OK && !f.seen)
		rc = rd_fail(err, RD_E_MISSING, "%s: mail %u is gone", imap->server, uid);
	if (rc != RD_OK) {
		rd_imap_data_free(f.data);
		return rc;
	}
	*ret_data = f.data;
	*ret_len = f.len;
	return RD_OK;
}

void rd_imap_data_free(char *data)
{
	if (data)
		mailimap_nstring_free(data);
}
