/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Build IDs of programs: of whole ones, and of files that only begin like one. */
#include "conf/fd.h"
#include "drivers/qemu/build-id.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ID "000102030405060708090a0b0c0d0e0f10111213"

/* A program with two segments: notes of another kind, then the build ID's behind another note. */
typedef struct {
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[2];
    struct {
        ElfW(Nhdr) note;
        char name[4];
        guint8 content[16];
    } other, before;
    struct {
        ElfW(Nhdr) note;
        char name[4];
        guint8 content[20];
    } id;
} Program;

static Program
make_program(void)
{
    Program program;

    memset(&program, 0, sizeof(program));
    memcpy(program.header.e_ident, ELFMAG, SELFMAG);
    program.header.e_ident[EI_CLASS] = sizeof(gpointer) == 8 ? ELFCLASS64 : ELFCLASS32;
    program.header.e_ident[EI_DATA] = G_BYTE_ORDER == G_LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;
    program.header.e_phoff = G_STRUCT_OFFSET(Program, segments);
    program.header.e_phentsize = sizeof(program.segments[0]);
    program.header.e_phnum = G_N_ELEMENTS(program.segments);
    program.segments[0].p_type = program.segments[1].p_type = PT_NOTE;
    program.segments[0].p_offset = G_STRUCT_OFFSET(Program, other);
    program.segments[0].p_filesz = sizeof(program.other);
    program.segments[1].p_offset = G_STRUCT_OFFSET(Program, before);
    program.segments[1].p_filesz = sizeof(program.before) + sizeof(program.id);
    program.other.note = (ElfW(Nhdr)){ 4, 16, NT_GNU_ABI_TAG };
    memcpy(program.other.name, "GNU", 4);
    program.before = program.other;
    program.id.note = (ElfW(Nhdr)){ 4, 20, NT_GNU_BUILD_ID };
    memcpy(program.id.name, "GNU", 4);
    for (guint8 i = 0; i < 20; i++) {
        program.id.content[i] = i;
    }
    return program;
}

static char *
read_id(const Program *program, gsize size)
{
    g_auto(VirtCpuFd) fd = memfd_create("program", MFD_CLOEXEC);

    g_assert_cmpint(write(fd, program, size), ==, (gssize)size);
    return virtcpu_build_id_read(fd);
}

static void
assert_none(const Program *program)
{
    g_autofree char *id = read_id(program, sizeof(*program));

    g_assert_null(id);
}

static void
test_whole(void)
{
    const Program program = make_program();
    g_autofree char *id = read_id(&program, sizeof(program));

    g_assert_cmpstr(id, ==, ID);
}

/* cut anywhere it has none: the last byte is the ID's */
static void
test_cut(void)
{
    const Program program = make_program();
    const gsize end = G_STRUCT_OFFSET(Program, id) + sizeof(program.id);

    for (gsize size = 0; size < end; size++) {
        g_autofree char *id = read_id(&program, size);

        g_assert_null(id);
    }
}

static void
test_lies(void)
{
    Program program = make_program();

    program.header.e_ident[EI_CLASS] ^= 3;
    assert_none(&program);
    program = make_program();
    program.header.e_ident[EI_DATA] ^= 3;
    assert_none(&program);
    program = make_program();
    program.header.e_phnum = G_MAXUINT16;
    assert_none(&program);
    program.header.e_phnum = 0;
    assert_none(&program);
    program = make_program();
    program.header.e_phoff = G_MAXSIZE;
    assert_none(&program);
    program = make_program();
    program.segments[1].p_offset = G_MAXSIZE - 1;
    assert_none(&program);
    program = make_program();
    program.segments[1].p_filesz = G_MAXSIZE;
    assert_none(&program);
    program = make_program();
    program.before.note.n_namesz = G_MAXUINT32;
    assert_none(&program);
    program = make_program();
    program.before.note.n_descsz = G_MAXUINT32 - 2;
    assert_none(&program);
    program = make_program();
    program.id.note.n_descsz = 0;
    assert_none(&program);
    program = make_program();
    program.id.name[0] = 'g';
    assert_none(&program);
}

/* a program that is really there, if it carries one; and a script */
static void
test_files(void)
{
    g_auto(VirtCpuFd) self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    g_auto(VirtCpuFd) folder = open("/", O_RDONLY | O_CLOEXEC);
    g_autofree char *id = virtcpu_build_id_read(self);
    g_autofree char *none = virtcpu_build_id_read(folder);

    g_assert_true(id == NULL || strlen(id) >= 16);
    g_assert_null(none);
    none = virtcpu_build_id_read(-1);
    g_assert_null(none);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/build-id/whole", test_whole);
    g_test_add_func("/build-id/cut", test_cut);
    g_test_add_func("/build-id/lies", test_lies);
    g_test_add_func("/build-id/files", test_files);
    return g_test_run();
}
