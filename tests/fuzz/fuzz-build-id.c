/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program on disk: it has no build ID, or one that is hexadecimal and not longer than is read. */
#include "conf/fd.h"
#include "drivers/qemu/build-id.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_auto(VirtCpuFd) fd = memfd_create("program", MFD_CLOEXEC);
    g_autofree char *id = NULL;

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, data, size), ==, (gssize)size);
    id = virtcpu_build_id_read(fd);
    if (id != NULL) {
        g_assert_cmpuint(strlen(id), >=, 2);
        g_assert_cmpuint(strlen(id), <=, 128);
        g_assert_cmpuint(strspn(id, "0123456789abcdef"), ==, strlen(id));
    }
    return 0;
}
