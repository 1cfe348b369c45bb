#include "redress/base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/folder.h"

struct files {
	char folder[FOLDER_MAX];
	char path[FOLDER_MAX + 16];
	struct rd_arena *arena;
	struct rd_err err;
};

static int setup(void **state)
{
	static struct files f;

	f = (struct files){ .arena = rd_arena_new(1u << 16) };
	folder_make(f.folder, "file");
	snprintf(f.path, sizeof f.path, "%s/words", f.folder);
	*state = &f;
	return f.arena == NULL;
}

static int teardown(void **state)
{
	struct files *f = *state;

	rd_arena_free(f->arena);
	folder_remove(f->folder);
	return 0;
}

static void put(struct files *f, const char *words)
{
	int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(rd_fd_write(fd, words, strlen(words), f->path, &f->err), RD_OK);
	rd_fd_close(&fd);
	assert_int_equal(fd, -1);
	rd_fd_close(&fd);
	assert_int_equal(rd_file_sync_folder(f->path, &f->err), RD_OK);
}

static void what_is_written_is_read(void **state)
{
	struct files *f = *state;
	const char *text = NULL;
	size_t len = 0;

	put(f, "the roof leaks");
	assert_int_equal(rd_file_read(f->path, 14, f->arena, &text, &len, &f->err), RD_OK);
	assert_int_equal(len, 14);
	assert_string_equal(text, "the roof leaks");
}

static void what_cannot_be_read_says_which_and_why(void **state)
{
	struct files *f = *state;
	const char *text = "untouched";
	size_t len = 7;

	assert_int_equal(rd_file_read(f->path, 100, f->arena, &text, &len, &f->err), RD_E_MISSING);
	assert_non_null(strstr(f->err.msg, f->path));
	assert_int_equal(rd_file_read(f->folder, 100, f->arena, &text, &len, &f->err), RD_E_INPUT);
	put(f, "fifteen letters");
	assert_int_equal(rd_file_read(f->path, 14, f->arena, &text, &len, &f->err), RD_E_RANGE);
	assert_string_equal(text, "untouched");
	assert_int_equal(len, 7);
}

static void a_write_that_fails_names_the_path(void **state)
{
	struct files *f = *state;

	put(f, "");
	RD_CLEANUP(rd_fd_close) int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(rd_fd_write(fd, "x", 1, f->path, &f->err), RD_E_AGAIN);
	assert_non_null(strstr(f->err.msg, f->path));
}

static void a_folder_that_is_not_there_cannot_be_synced(void **state)
{
	struct files *f = *state;
	char path[FOLDER_MAX + 32], *long_path;

	snprintf(path, sizeof path, "%s/none/words", f->folder);
	assert_int_equal(rd_file_sync_folder(path, &f->err), RD_E_AGAIN);
	long_path = rd_arena_alloc(f->arena, RD_PATH_BYTES_MAX + 1);
	assert_non_null(long_path);
	memset(long_path, 'a', RD_PATH_BYTES_MAX);
	long_path[RD_PATH_BYTES_MAX] = '\0';
	assert_int_equal(rd_file_sync_folder(long_path, &f->err), RD_E_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_cannot_be_read_says_which_and_why, setup, teardown),
		cmocka_unit_test_setup_teardown(a_write_that_fails_names_the_path, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_folder_that_is_not_there_cannot_be_synced, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
