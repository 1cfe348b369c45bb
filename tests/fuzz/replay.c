/* Runs a fuzz target over files and folders of files: the corpus as an ordinary test. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define FILE_BYTES_MAX (16u << 20)
#define PATH_BYTES_MAX 4096

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(FILE_BYTES_MAX);
	size_t n;

	if (!file || !data) {
		perror(path);
		free(data);
		if (file)
			(void)fclose(file);
		return 1;
	}
	n = fread(data, 1, FILE_BYTES_MAX, file);
	(void)fclose(file);
	(void)printf("%s: %zu bytes\n", path, n);
	(void)fflush(stdout); /* so that a crash is under the name of its file */
	{
		/* exactly as large, so that a byte too far is seen */
		uint8_t *exact = malloc(n > 0 ? n : 1);

		if (exact) {
			memcpy(exact, data, n);
			(void)LLVMFuzzerTestOneInput(exact, n);
		}
		free(exact);
	}
	free(data);
	return 0;
}

static int replay_folder(const char *path, int *n_files)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int failed = 0;

	if (!folder) {
		perror(path);
		return 1;
	}
	while ((entry = readdir(folder)) != NULL) {
		char file[PATH_BYTES_MAX];

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
		failed |= replay_file(file);
		(*n_files)++;
	}
	(void)closedir(folder);
	return failed;
}

int main(int argc, char **argv)
{
	int n_files = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		struct stat about;

		if (stat(argv[i], &about) == 0 && S_ISDIR(about.st_mode)) {
			failed |= replay_folder(argv[i], &n_files);
		} else {
			failed |= replay_file(argv[i]);
			n_files++;
		}
	}
	if (n_files == 0) {
		(void)fprintf(stderr, "no file to replay\n");
		return 1;
	}
	return failed;
}
