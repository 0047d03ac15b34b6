/* The kernel as a native program would run it: same source, no sandbox.

   native begin SIZE: print where a setup of SIZE bytes will lie.
   native rows SETUP GAPS COUNT DELIMITER NOTHING TIMES BLOCK...: read each block TIMES
   times; print rows, and the least seconds of all blocks together.

   Addresses are 32 bits in the kernel, so that this is linked below 4 GiB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel.h"

uint32_t begin(uint32_t size);
uint32_t room(uint32_t size);
int32_t rows(void);

byte __heap_base[256 << 20];

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static byte *whole(const char *path, uint32_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) exit(2);
    fseek(file, 0, SEEK_END);
    *size = (uint32_t)ftell(file);
    rewind(file);
    byte *data = malloc(*size);
    if (fread(data, 1, *size, file) != *size) exit(2);
    fclose(file);
    return data;
}

int main(int count, char **words) {
    if (count == 3) {
        printf("%u\n", begin((uint32_t)atoi(words[2])));
        return 0;
    }
    uint32_t size, times = (uint32_t)atoi(words[7]);
    byte *setup = whole(words[2], &size);
    uint32_t start = begin(size);
    double all = 0;
    int64_t found = 0;
    for (int k = 8; k < count; k++) {
        uint32_t bytes;
        byte *block = whole(words[k], &bytes);
        double least = 1e9;
        for (uint32_t turn = 0; turn < times; turn++) {
            memcpy((void *)(uintptr_t)start, setup, size);
            double since = now();
            uint32_t text = room(bytes);
            memcpy((void *)(uintptr_t)text, block, bytes);
            the_job = (job){.text = text,
                            .size = bytes,
                            .columns = start,
                            .count = (uint32_t)atoi(words[4]),
                            .delimiter = (uint32_t)atoi(words[5]),
                            .nothing = (uint32_t)atoi(words[6]),
                            .gaps = start + (uint32_t)atoi(words[3])};
            int32_t made = rows();
            double took = now() - since;
            if (made < 0) return 3;
            if (took < least) least = took;
            if (!turn) found += made;
        }
        all += least;
        free(block);
    }
    printf("%lld %.9f\n", (long long)found, all);
    return 0;
}
