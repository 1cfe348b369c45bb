#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "redress/wire/spool.h"
#include "support/folder.h"

#define NAME "rd.1_example.org"

struct world {
	char dir[FOLDER_MAX];
	char tmp[FOLDER_MAX + 8], first[FOLDER_MAX + 40], whole[FOLDER_MAX + 40];
	char other[FOLDER_MAX + 8];
};

/* What is synced, and how things stood at that moment. The fsync below stands before the C
 * library's in this program. */
static struct {
	const char *whole; /* the name that a file is to get */
	int fails;	   /* how many more answer that the disk is broken */
	bool file_synced;
	off_t file_bytes;
	bool named_before; /* it had its name already when its bytes were synced */
	bool name_synced;  /* its folder was synced, and it had its name */
} disk;

int fsync(int fd)
{
	struct stat about;
	bool named = disk.whole != NULL && access(disk.whole, F_OK) == 0;

	if (disk.fails > 0) {
		disk.fails--;
		errno = EIO;
		return -1;
	}
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
		disk.file_synced = true;
		disk.file_bytes = about.st_size;
		disk.named_before = named;
	} else {
		disk.name_synced = named;
	}
	return (int)syscall(SYS_fsync, fd);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void holds(const char *path, const char *text)
{
	char bytes[64] = "";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	size_t n = fread(bytes, 1, sizeof bytes - 1, file);
	fclose(file);
	assert_int_equal(n, strlen(text));
	assert_string_equal(bytes, text);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct rd_err err = { 0 };

	if (w == NULL)
		return -1;
	folder_make(w->dir, "spool");
	snprintf(w->tmp, sizeof w->tmp, "%s/tmp", w->dir);
	snprintf(w->first, sizeof w->first, "%s/" NAME, w->tmp);
	snprintf(w->whole, sizeof w->whole, "%s/" NAME, w->dir);
	snprintf(w->other, sizeof w->other, "%s/other", w->dir);
	memset(&disk, 0, sizeof disk);
	disk.whole = w->whole;
	*state = w;
	return rd_spool_make_dir(w->tmp, &err) == RD_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	folder_remove(w->dir);
	free(w);
	return 0;
}

static enum rd_rc put(const struct world *w, const char *text)
{
	struct rd_err err = { 0 };

	return rd_spool_put(w->dir, w->tmp, NAME, text, strlen(text), &err);
}

static void a_file_appears_whole_and_for_us_alone(void **state)
{
	const struct world *w = *state;
	struct stat about;

	assert_int_equal(put(w, "letter"), RD_OK);
	holds(w->whole, "letter");
	assert_int_equal(stat(w->whole, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(access(w->first, F_OK), -1);
}

static void a_file_is_never_written_twice(void **state)
{
	const struct world *w = *state;

	assert_int_equal(put(w, "letter"), RD_OK);
	assert_int_equal(put(w, "another"), RD_E_EXISTS);
	holds(w->whole, "letter");
}

/* Else a letter that is recorded as sent may be gone, or empty, when the power fails. */
static void bytes_then_name_are_on_the_disk_before_we_say_so(void **state)
{
	const struct world *w = *state;

	assert_int_equal(put(w, "letter"), RD_OK);
	assert_true(disk.file_synced);
	assert_int_equal(disk.file_bytes, 6);
	assert_false(disk.named_before);
	assert_true(disk.name_synced);
}

static void a_disk_that_fails_is_try_again_and_nothing_is_left(void **state)
{
	const struct world *w = *state;

	disk.fails = 1;
	assert_int_equal(put(w, "letter"), RD_E_AGAIN);
	assert_int_equal(access(w->whole, F_OK), -1);
	assert_int_equal(access(w->first, F_OK), -1);
	assert_int_equal(put(w, "letter"), RD_OK);
	holds(w->whole, "letter");
}

static void what_a_crash_left_half_written_is_written_anew(void **state)
{
	const struct world *w = *state;

	write_file(w->first, "let");
	assert_int_equal(put(w, "letter"), RD_OK);
	holds(w->whole, "letter");
}

/* Whoever else may write in a Maildir's tmp must not choose what we write over. */
static void a_link_laid_in_the_way_is_not_followed(void **state)
{
	const struct world *w = *state;

	write_file(w->other, "the store");
	assert_int_equal(symlink(w->other, w->first), 0);
	assert_int_equal(put(w, "letter"), RD_OK);
	holds(w->other, "the store");
	holds(w->whole, "letter");
}

/* A crash between linking and unlinking leaves two names for one file; its reader may have taken
 * the other away since. */
static void a_file_that_its_reader_took_stays_as_it_was(void **state)
{
	const struct world *w = *state;

	write_file(w->other, "taken");
	assert_int_equal(link(w->other, w->first), 0);
	assert_int_equal(put(w, "letter"), RD_OK);
	holds(w->other, "taken");
	holds(w->whole, "letter");
}

static void a_name_cannot_leave_its_folder(void **state)
{
	static const char *const bad[] = { "", ".", "..", ".hidden", "a/b", "../a", "a b", "a\n" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(rd_spool_name_good(bad[i]));
	assert_true(rd_spool_name_good(NAME));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_appears_whole_and_for_us_alone),
		T(a_file_is_never_written_twice),
		T(bytes_then_name_are_on_the_disk_before_we_say_so),
		T(a_disk_that_fails_is_try_again_and_nothing_is_left),
		T(what_a_crash_left_half_written_is_written_anew),
		T(a_link_laid_in_the_way_is_not_followed),
		T(a_file_that_its_reader_took_stays_as_it_was),
		T(a_name_cannot_leave_its_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
