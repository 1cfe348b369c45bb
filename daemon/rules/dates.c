/* Dates as residents write them, for `Older than:`. What is vague is taken as late as it can be. */
#include <ctype.h>
#include <string.h>

#include "redress/base/date.h"
#include "redress/rules/matching.h"

static const char months[12][4] = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep",
	"oct", "nov", "dec" };

struct reading {
	const char *p, *end;
};

static int number(struct reading *r, int *ret_digits)
{
	int value = 0, digits = 0;

	while (r->p < r->end && isdigit((unsigned char)*r->p) && digits < 5) {
		value = value * 10 + (*r->p++ - '0');
		digits++;
	}
	*ret_digits = digits;
	return value;
}

/* The month whose name begins here, and skips its letters; 0 for none. */
static int month(struct reading *r)
{
	for (int m = 0; m < 12; m++)
		if (r->end - r->p >= 3 && memcmp(r->p, months[m], 3) == 0) {
			while (r->p < r->end && isalpha((unsigned char)*r->p))
				r->p++;
			return m + 1;
		}
	return 0;
}

static int full_year(int year, int digits)
{
	if (digits == 2)
		return 2000 + year;
	return digits == 4 ? year : 0;
}

static void skip(struct reading *r, const char *these)
{
	while (r->p < r->end && strchr(these, *r->p) != NULL && *r->p != '\0')
		r->p++;
}

static bool valid(struct rd_date day)
{
	return day.year >= 1996 && day.year <= 2199 && day.month >= 1 && day.month <= 12 &&
	       day.day >= 1 && day.day <= 31;
}

static bool after_number(struct reading *r, int first, int digits, struct rd_date *ret)
{
	struct reading start = *r;
	int n = 0;

	if (r->p < r->end && strchr("/.-", *r->p) != NULL) {
		char separator = *r->p++;
		int second = number(r, &n);
		if (n > 0 && n < 3 && r->p < r->end && *r->p == separator) {
			r->p++;
			int third = number(r, &n);
			*ret = digits == 4 ? (struct rd_date){ first, second, third }
					   : (struct rd_date){ full_year(third, n), second, first };
			return valid(*ret);
		}
		*r = start;
	}
	if (digits < 3) {
		if (r->end - r->p >= 2 && isalpha((unsigned char)r->p[0]) &&
			!isalpha((unsigned char)(r->end - r->p > 2 ? r->p[2] : ' ')))
			r->p += 2; /* 4th */
		skip(r, " ");
		if (r->end - r->p > 3 && memcmp(r->p, "of ", 3) == 0)
			r->p += 3;
		int m = month(r);
		skip(r, ", ");
		int year = number(r, &n);
		*ret = (struct rd_date){ full_year(year, n), m, first };
		if (m != 0 && n >= 2 && valid(*ret))
			return true;
		*r = start;
	}
	*ret = (struct rd_date){ first, 12, 31 };
	return digits == 4 && first < 2100 && valid(*ret);
}

static bool read_date(struct reading *r, struct rd_date *ret)
{
	int n = 0;

	if (isdigit((unsigned char)*r->p)) {
		int first = number(r, &n);
		return after_number(r, first, n, ret);
	}
	int m = month(r);
	if (m == 0) {
		r->p++;
		return false;
	}
	skip(r, ", ");
	int year = number(r, &n);
	*ret = (struct rd_date){ full_year(year, n), m, m == 2 ? 28 : 30 };
	return n == 4 && valid(*ret);
}

bool rd_dates_older(const char *text, uint32_t from, uint32_t to, int n_months, int64_t received_ms)
{
	struct reading r = { .p = text + from, .end = text + to };
	struct rd_date limit = rd_date_of(received_ms);
	int back = limit.year * 12 + limit.month - 1 - n_months;

	limit.year = back / 12;
	limit.month = back % 12 + 1;
	while (r.p < r.end) {
		struct rd_date day;
		if (!isalnum((unsigned char)*r.p)) {
			r.p++;
			continue;
		}
		if (read_date(&r, &day) && rd_date_compare(day, limit) <= 0)
			return true;
		/* Never begin in the middle of a word. */
		while (r.p < r.end && isalpha((unsigned char)*r.p))
			r.p++;
	}
	return false;
}
