#include "redress/store/residents.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/message/sms.h"
#include "redress/store/sql.h"

#define IDENTITY_BYTES_MAX 1024
#define IDENTITIES_MAX	   4
#define NAME_COUNTS_MAX	   200 /* bytes of a name that tell people apart */
#define COLUMNS                                                                                    \
	"r.id, r.landlord, r.reference, r.name, r.email, r.phone, r.address, r.prefers,"           \
	" r.language, r.adjustments, r.restrictions, r.restrictions_until, r.tenure, r.seen_ms"
/* On a case that is not closed, or kept for legal reasons. */
#define ON_A_CASE                                                                                  \
	"EXISTS (SELECT 1 FROM resident_key k JOIN case_contact c"                                 \
	" ON c.address_key = k.address_key JOIN case_file f ON f.id = c.case_id"                   \
	" WHERE k.resident_id = r.id AND (f.status <> 'closed' OR EXISTS"                          \
	" (SELECT 1 FROM legal_hold h WHERE h.case_id = f.id)))"

/* --- keys --- */

/* A number as the store keeps it, an address as it is. */
static void contact_key(
	struct rd_db *db, const char *contact, uint8_t out[static RD_STORE_KEY_BYTES])
{
	char number[RD_PHONE_MAX];

	if (strchr(contact, '@') == NULL && rd_phone_canonical(contact, number))
		contact = number;
	rd_store_address_key(rd_db_store(db), contact, out);
}

struct identities {
	uint8_t keys[IDENTITIES_MAX][RD_STORE_KEY_BYTES];
	size_t n;
};

static void add_identity(struct rd_db *db, struct identities *of, const char *landlord,
	const char *what, const char *value)
{
	char text[IDENTITY_BYTES_MAX];
	int n;

	if (value[0] == '\0')
		return;
	n = snprintf(text, sizeof text, "%s\x1f%s\x1f%s", landlord, what, value);
	RD_ASSERT(n > 0 && (size_t)n < sizeof text && of->n < IDENTITIES_MAX);
	rd_store_hash(
		rd_db_store(db), RD_KEY_IDENTITY, "resident", text, (size_t)n, of->keys[of->n++]);
}

/* A number and a name: together they are one person's, however else a file names them. */
static void add_number_and_name(
	struct rd_db *db, struct identities *of, const struct rd_resident *resident)
{
	char text[RD_PHONE_MAX + NAME_COUNTS_MAX + 2];
	size_t len;

	if (resident->phone[0] == '\0' || resident->name[0] == '\0')
		return;
	len = (size_t)snprintf(text, sizeof text, "%.*s\x1f%.*s", RD_PHONE_MAX, resident->phone,
		NAME_COUNTS_MAX, resident->name);
	for (size_t i = 0; i < len; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
	add_identity(db, of, resident->landlord, "number and name", text);
}

/* What a person is known by, the first what their row is found by. A number counts only where there
 * is nothing better, or with the name: people share one. */
static void identities_of(
	struct rd_db *db, const struct rd_resident *resident, struct identities *ret)
{
	ret->n = 0;
	add_identity(db, ret, resident->landlord, "reference", resident->reference);
	add_identity(db, ret, resident->landlord, "email", resident->email);
	if (resident->email[0] == '\0')
		add_identity(db, ret, resident->landlord, "phone", resident->phone);
	add_number_and_name(db, ret, resident);
	RD_ASSERT(ret->n > 0);
}

/* --- reading --- */

static enum rd_rc read_resident(
	const struct rd_rows *rows, struct rd_arena *arena, void *item, struct rd_err *err)
{
	struct rd_resident *resident = item;
	int prefers = 0;

	*resident = (struct rd_resident){
		.id = rd_rows_int(rows, 0),
		.landlord = rd_rows_text(rows, 1, arena),
		.reference = rd_rows_text(rows, 2, arena),
		.name = rd_rows_text(rows, 3, arena),
		.email = rd_rows_text(rows, 4, arena),
		.phone = rd_rows_text(rows, 5, arena),
		.address = rd_rows_text(rows, 6, arena),
		.language = rd_rows_text(rows, 8, arena),
		.adjustments = rd_rows_text(rows, 9, arena),
		.restrictions = rd_rows_text(rows, 10, arena),
		.tenure = rd_rows_text(rows, 12, arena),
		.seen_ms = rd_rows_int(rows, 13),
	};
	RD_TRY(rd_rows_word(rows, 7, rd_prefers_names, &prefers, err));
	resident->prefers = (enum rd_prefers)prefers;
	RD_TRY(rd_rows_day(rows, 11, &resident->restrictions_until, err));
	return rd_arena_check(arena, err);
}

static enum rd_rc list_residents(struct rd_db *db, const char *sql, const struct rd_arg *args,
	size_t n_args, struct rd_arena *arena, struct rd_resident **ret_residents, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_list list = { .bytes_each = sizeof(struct rd_resident) };

	RD_TRY(rd_sql_list(db, sql, args, n_args, read_resident, arena, &list, err));
	*ret_residents = list.items;
	*ret_n = list.n;
	return RD_OK;
}

enum rd_rc rd_residents_find(struct rd_db *db, const char *landlord, const char *contact,
	struct rd_arena *arena, struct rd_resident **ret_residents, size_t *ret_n,
	struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	contact_key(db, contact, key);
	return list_residents(db,
		"SELECT " COLUMNS " FROM resident_key k JOIN resident r ON r.id = k.resident_id"
		" WHERE k.address_key = ?1 AND (?2 IS NULL OR r.landlord = ?2) ORDER BY r.id",
		RD_ARGS(rd_blob(key, sizeof key), rd_text_or_null(landlord)), arena, ret_residents,
		ret_n, err);
}

enum rd_rc rd_resident_known(struct rd_db *db, const char *landlord, const char *contact,
	struct rd_arena *arena, struct rd_resident *ret_resident, size_t *ret_n, struct rd_err *err)
{
	struct rd_resident *residents;
	size_t n = 0;

	*ret_n = 0;
	if (contact[0] == '\0')
		return RD_OK;
	RD_TRY(rd_residents_find(db, landlord, contact, arena, &residents, &n, err));
	if (n > 0)
		*ret_resident = rd_resident_of_all(residents, n, arena);
	*ret_n = n;
	return rd_arena_check(arena, err);
}

enum rd_rc rd_resident_other_way(struct rd_db *db, const char *landlord, const char *tried,
	const char *name, struct rd_arena *arena, const char **ret_address,
	enum rd_case_channel *ret_channel, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES], other[RD_STORE_KEY_BYTES];
	struct rd_resident *residents;
	const char *address;
	size_t n = 0;

	*ret_address = "";
	RD_TRY(rd_residents_find(db, landlord, tried, arena, &residents, &n, err));
	if (n != 1 || !rd_resident_may_be(residents, name))
		return RD_OK; /* nobody, or nobody can tell who */
	address = residents->prefers == RD_PREFERS_EMAIL ? residents->email
		  : residents->prefers == RD_PREFERS_SMS ? residents->phone
							 : "";
	contact_key(db, tried, key);
	contact_key(db, address, other);
	if (address[0] == '\0' || memcmp(key, other, sizeof key) == 0)
		return RD_OK;
	*ret_address = address;
	*ret_channel = residents->prefers == RD_PREFERS_EMAIL ? RD_BY_EMAIL : RD_BY_SMS;
	return RD_OK;
}

enum rd_rc rd_residents_list(struct rd_db *db, const struct rd_resident_filter *filter,
	struct rd_arena *arena, struct rd_resident **ret_residents, size_t *ret_n,
	struct rd_err *err)
{
	return list_residents(db,
		"SELECT " COLUMNS " FROM resident r WHERE (?1 IS NULL OR r.landlord = ?1)"
		" AND (?2 = 0 OR r.restrictions <> '') AND (?3 = 0 OR r.adjustments <> '')"
		" ORDER BY r.name, r.id",
		RD_ARGS(rd_text_or_null(filter->landlord), rd_int(filter->restricted),
			rd_int(filter->adjusted)),
		arena, ret_residents, ret_n, err);
}

enum rd_rc rd_residents_count(
	struct rd_db *db, const char *landlord, int64_t *ret_n, struct rd_err *err)
{
	return rd_sql_int(db,
		"SELECT count(*) FROM resident r WHERE (?1 IS NULL OR r.landlord = ?1)",
		RD_ARGS(rd_text_or_null(landlord)), 0, ret_n, err);
}

/* --- a file coming in --- */

/* One who was known by an address and now has a reference is the same person. */
static enum rd_rc find_row(struct rd_db *db, const struct identities *of, struct rd_arena *arena,
	struct rd_resident *ret_row, bool *ret_found, struct rd_err *err)
{
	*ret_found = false;
	for (size_t i = 0; i < of->n && !*ret_found; i++) {
		RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

		RD_TRY(rd_sql_query(db,
			"SELECT " COLUMNS " FROM resident r WHERE r.identity_key = ?1",
			RD_ARGS(rd_blob(of->keys[i], RD_STORE_KEY_BYTES)), &rows, err));
		RD_TRY(rd_rows_next(&rows, ret_found, err));
		if (*ret_found)
			RD_TRY(read_resident(&rows, arena, ret_row, err));
	}
	return RD_OK;
}

static bool is_same(const struct rd_resident *a, const struct rd_resident *b)
{
	return strcmp(a->reference, b->reference) == 0 && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->email, b->email) == 0 && strcmp(a->phone, b->phone) == 0 &&
	       strcmp(a->address, b->address) == 0 && a->prefers == b->prefers &&
	       strcmp(a->language, b->language) == 0 &&
	       strcmp(a->adjustments, b->adjustments) == 0 &&
	       strcmp(a->restrictions, b->restrictions) == 0 &&
	       rd_date_compare(a->restrictions_until, b->restrictions_until) == 0 &&
	       strcmp(a->tenure, b->tenure) == 0;
}

static enum rd_rc was_erased(
	struct rd_db *db, const struct identities *of, bool *ret_erased, struct rd_err *err)
{
	*ret_erased = false;
	for (size_t i = 0; i < of->n && !*ret_erased; i++) {
		int64_t known = 0;

		RD_TRY(rd_sql_int(db, "SELECT 1 FROM erased_key WHERE key = ?1",
			RD_ARGS(rd_blob(of->keys[i], RD_STORE_KEY_BYTES)), 0, &known, err));
		*ret_erased = known != 0;
	}
	return RD_OK;
}

struct look {
	struct identities of;
	bool erased;
	int64_t id; /* of the row that is there; 0: none */
	enum rd_resident_put put;
};

/* Known by a number alone so far, under the same name: an address has come to it. */
static enum rd_rc find_by_number(struct rd_db *db, const struct rd_resident *resident,
	struct rd_arena *arena, struct rd_resident *ret_row, bool *ret_found, struct rd_err *err)
{
	struct identities number = { .n = 0 };

	if (resident->email[0] == '\0' || resident->phone[0] == '\0' || resident->name[0] == '\0')
		return RD_OK;
	add_identity(db, &number, resident->landlord, "phone", resident->phone);
	RD_TRY(find_row(db, &number, arena, ret_row, ret_found, err));
	*ret_found = *ret_found && strcasecmp(ret_row->name, resident->name) == 0;
	return RD_OK;
}

static enum rd_rc look_up(struct rd_db *db, const struct rd_resident *resident, bool bring_back,
	struct look *ret, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 20);
	struct rd_resident row;
	bool found = false;

	identities_of(db, resident, &ret->of);
	RD_TRY(was_erased(db, &ret->of, &ret->erased, err));
	RD_TRY(find_row(db, &ret->of, arena, &row, &found, err));
	if (!found)
		RD_TRY(find_by_number(db, resident, arena, &row, &found, err));
	ret->id = found ? row.id : 0;
	if (ret->erased && !bring_back)
		ret->put = RD_RESIDENT_ERASED;
	else if (!found)
		ret->put = RD_RESIDENT_ADDED;
	else
		ret->put = is_same(&row, resident) ? RD_RESIDENT_SAME : RD_RESIDENT_CHANGED;
	return RD_OK;
}

enum rd_rc rd_resident_would_put(struct rd_db *db, const struct rd_resident *resident,
	bool bring_back, enum rd_resident_put *ret_put, struct rd_err *err)
{
	struct look look;

	RD_TRY(look_up(db, resident, bring_back, &look, err));
	*ret_put = look.put;
	return RD_OK;
}

static enum rd_rc put_key(struct rd_tx *tx, int64_t id, const char *contact, struct rd_err *err)
{
	uint8_t key[RD_STORE_KEY_BYTES];

	if (contact[0] == '\0')
		return RD_OK;
	contact_key(rd_tx_db(tx), contact, key);
	return rd_sql_change(tx,
		"INSERT INTO resident_key (address_key, resident_id) VALUES (?1, ?2)"
		" ON CONFLICT (address_key, resident_id) DO NOTHING",
		RD_ARGS(rd_blob(key, sizeof key), rd_int(id)), NULL, err);
}

static enum rd_rc write_row(struct rd_tx *tx, const struct rd_resident *resident,
	const struct look *look, int64_t seen_ms, struct rd_err *err)
{
	char day[RD_DATE_MAX];
	int64_t id = look->id;

	RD_TRY(rd_sql_change(tx,
		"INSERT INTO resident (id, landlord, identity_key, reference, name, email, phone,"
		" address, prefers, language, adjustments, restrictions, restrictions_until,"
		" tenure, seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
		" ?14, ?15) ON CONFLICT (id) DO UPDATE SET identity_key = excluded.identity_key,"
		" reference = excluded.reference, name = excluded.name, email = excluded.email,"
		" phone = excluded.phone, address = excluded.address, prefers = excluded.prefers,"
		" language = excluded.language, adjustments = excluded.adjustments,"
		" restrictions = excluded.restrictions,"
		" restrictions_until = excluded.restrictions_until, tenure = excluded.tenure,"
		" seen_ms = excluded.seen_ms",
		RD_ARGS(rd_int_or_null(id), rd_text(resident->landlord),
			rd_blob(look->of.keys[0], RD_STORE_KEY_BYTES), rd_text(resident->reference),
			rd_text(resident->name), rd_text(resident->email), rd_text(resident->phone),
			rd_text(resident->address), rd_text(rd_prefers_names[resident->prefers]),
			rd_text(resident->language), rd_text(resident->adjustments),
			rd_text(resident->restrictions), rd_day(resident->restrictions_until, day),
			rd_text(resident->tenure), rd_int(seen_ms)),
		NULL, err));
	if (id == 0)
		id = rd_sql_inserted(tx);
	else
		RD_TRY(rd_sql_change(tx, "DELETE FROM resident_key WHERE resident_id = ?1",
			RD_ARGS(rd_int(id)), NULL, err));
	RD_TRY(put_key(tx, id, resident->email, err));
	return put_key(tx, id, resident->phone, err);
}

enum rd_rc rd_resident_put(struct rd_tx *tx, const struct rd_resident *resident, int64_t seen_ms,
	bool bring_back, enum rd_resident_put *ret_put, struct rd_err *err)
{
	struct look look;

	RD_TRY(look_up(rd_tx_db(tx), resident, bring_back, &look, err));
	for (size_t i = 0; look.erased && bring_back && i < look.of.n; i++)
		RD_TRY(rd_sql_change(tx, "DELETE FROM erased_key WHERE key = ?1",
			RD_ARGS(rd_blob(look.of.keys[i], RD_STORE_KEY_BYTES)), NULL, err));
	if (look.put == RD_RESIDENT_SAME)
		RD_TRY(rd_sql_change(tx, "UPDATE resident SET seen_ms = ?2 WHERE id = ?1",
			RD_ARGS(rd_int(look.id), rd_int(seen_ms)), NULL, err));
	else if (look.put != RD_RESIDENT_ERASED)
		RD_TRY(write_row(tx, resident, &look, seen_ms, err));
	*ret_put = look.put;
	return RD_OK;
}

enum rd_rc rd_residents_old(struct rd_db *db, const char *landlord, int64_t before_ms,
	int64_t *ret_n, int64_t *ret_kept, struct rd_err *err)
{
	RD_TRY(rd_sql_int(db,
		"SELECT count(*) FROM resident r WHERE r.seen_ms < ?1"
		" AND (?2 IS NULL OR r.landlord = ?2) AND NOT " ON_A_CASE,
		RD_ARGS(rd_int(before_ms), rd_text_or_null(landlord)), 0, ret_n, err));
	return rd_sql_int(db,
		"SELECT count(*) FROM resident r WHERE r.seen_ms < ?1"
		" AND (?2 IS NULL OR r.landlord = ?2) AND " ON_A_CASE,
		RD_ARGS(rd_int(before_ms), rd_text_or_null(landlord)), 0, ret_kept, err);
}

static enum rd_rc remove_row(struct rd_tx *tx, int64_t id, struct rd_err *err)
{
	RD_TRY(rd_sql_change(tx, "DELETE FROM resident_key WHERE resident_id = ?1",
		RD_ARGS(rd_int(id)), NULL, err));
	return rd_sql_change(
		tx, "DELETE FROM resident WHERE id = ?1", RD_ARGS(rd_int(id)), NULL, err);
}

enum rd_rc rd_residents_drop(struct rd_tx *tx, const char *landlord, int64_t before_ms, size_t max,
	int64_t *ret_n, struct rd_err *err)
{
	int64_t last = 0;

	*ret_n = 0;
	while ((size_t)*ret_n < max) {
		RD_TRY(rd_sql_int(rd_tx_db(tx),
			"SELECT min(r.id) FROM resident r WHERE r.id > ?3 AND r.seen_ms < ?1"
			" AND (?2 IS NULL OR r.landlord = ?2) AND NOT " ON_A_CASE,
			RD_ARGS(rd_int(before_ms), rd_text_or_null(landlord), rd_int(last)), 0,
			&last, err));
		if (last == 0)
			break;
		RD_TRY(remove_row(tx, last, err));
		++*ret_n;
	}
	return RD_OK;
}

/* --- erasure --- */

static enum rd_rc keep_identities(
	struct rd_erasure *erasure, const struct rd_resident *resident, struct rd_err *err)
{
	struct identities of;

	identities_of(rd_tx_db(erasure->tx), resident, &of);
	for (size_t i = 0; i < of.n; i++) {
		char hex[RD_STORE_KEY_BYTES * 2 + 1];

		for (size_t k = 0; k < RD_STORE_KEY_BYTES; k++)
			snprintf(hex + 2 * k, 3, "%02x", of.keys[i][k]);
		RD_TRY(rd_sql_change(erasure->tx,
			"INSERT INTO erased_key (key, at_ms) VALUES (?1, ?2)"
			" ON CONFLICT (key) DO NOTHING",
			RD_ARGS(rd_blob(of.keys[i], RD_STORE_KEY_BYTES), rd_int(erasure->now_ms)),
			NULL, err));
		RD_TRY(rd_buf_printf(&erasure->lines, err, "resident %s.\n", hex));
	}
	return RD_OK;
}

/* Another shares it: the row stays with what it has besides, and goes where that is nothing. */
static enum rd_rc strip(struct rd_erasure *erasure, const struct rd_resident *resident,
	const uint8_t key[static RD_STORE_KEY_BYTES], struct rd_arena *arena, struct rd_err *err)
{
	struct rd_resident left = *resident, other;
	bool found = false;
	struct look look = { .id = resident->id };
	uint8_t of[RD_STORE_KEY_BYTES];

	contact_key(rd_tx_db(erasure->tx), left.email, of);
	if (memcmp(of, key, sizeof of) == 0)
		left.email = "";
	contact_key(rd_tx_db(erasure->tx), left.phone, of);
	if (memcmp(of, key, sizeof of) == 0)
		left.phone = "";
	if (left.email[0] == '\0' && left.phone[0] == '\0')
		return remove_row(erasure->tx, resident->id, err);
	if ((left.prefers == RD_PREFERS_EMAIL && left.email[0] == '\0') ||
		((left.prefers == RD_PREFERS_SMS || left.prefers == RD_PREFERS_PHONE) &&
			left.phone[0] == '\0'))
		left.prefers = RD_PREFERS_NOTHING;
	identities_of(rd_tx_db(erasure->tx), &left, &look.of);
	RD_TRY(find_row(rd_tx_db(erasure->tx), &look.of, arena, &other, &found, err));
	if (found && other.id != resident->id) /* what is left is another's already */
		return remove_row(erasure->tx, resident->id, err);
	return write_row(erasure->tx, &left, &look, resident->seen_ms, err);
}

enum rd_rc rd_resident_is_held(
	struct rd_db *db, int64_t resident_id, bool *ret_held, struct rd_err *err)
{
	int64_t held = 0;

	RD_TRY(rd_sql_int(db,
		"SELECT 1 FROM resident_key k JOIN case_contact c"
		" ON c.address_key = k.address_key JOIN legal_hold h ON h.case_id = c.case_id"
		" WHERE k.resident_id = ?1",
		RD_ARGS(rd_int(resident_id)), 0, &held, err));
	*ret_held = held != 0;
	return RD_OK;
}

enum rd_rc rd_erase_resident(
	struct rd_erasure *erasure, const char *contact, int64_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(16u << 20);
	struct rd_db *db = rd_tx_db(erasure->tx);
	uint8_t key[RD_STORE_KEY_BYTES];
	struct rd_resident *residents;
	size_t n = 0;

	contact_key(db, contact, key);
	RD_TRY(rd_residents_find(db, NULL, contact, arena, &residents, &n, err));
	for (size_t i = 0; i < n; i++) {
		size_t n_sharing = 0;

		for (size_t k = 0; k < n; k++)
			n_sharing += strcmp(residents[i].landlord, residents[k].landlord) == 0;
		if (n_sharing > 1) {
			RD_TRY(strip(erasure, &residents[i], key, arena, err));
			continue;
		}
		RD_TRY(keep_identities(erasure, &residents[i], err));
		RD_TRY(remove_row(erasure->tx, residents[i].id, err));
	}
	*ret_n = (int64_t)n;
	return RD_OK;
}

enum rd_rc rd_erase_residents_again(struct rd_erasure *erasure, int64_t *n, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(1u << 20);
	struct rd_db *db = rd_tx_db(erasure->tx);

	for (int64_t last = 0;;) {
		struct rd_resident resident;
		struct identities of;
		bool more = false, erased = false;

		rd_arena_reset(arena);
		{
			RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };

			RD_TRY(rd_sql_query(db,
				"SELECT " COLUMNS " FROM resident r WHERE r.id > ?1"
				" ORDER BY r.id LIMIT 1",
				RD_ARGS(rd_int(last)), &rows, err));
			RD_TRY(rd_rows_next(&rows, &more, err));
			if (more)
				RD_TRY(read_resident(&rows, arena, &resident, err));
		}
		if (!more)
			return RD_OK;
		last = resident.id;
		identities_of(db, &resident, &of);
		RD_TRY(was_erased(db, &of, &erased, err));
		if (!erased)
			continue;
		RD_TRY(remove_row(erasure->tx, resident.id, err));
		++*n;
	}
}
