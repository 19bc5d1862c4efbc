/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/build-id.h"

#include <link.h>
#include <string.h>
#include <unistd.h>

/* A program has some ten segments, its notes some hundred bytes. */
#define MAX_SEGMENTS   128
#define MAX_NOTE_BYTES (64 * 1024)
/* SHA-1 has 20 bytes; --build-id=0x… may be anything. */
#define MAX_ID_BYTES 64

static gboolean
read_at(int fd, gpointer buffer, gsize size, guint64 offset)
{
    return offset <= G_MAXINT64 - size && pread(fd, buffer, size, (off_t)offset) == (gssize)size;
}

static gboolean
read_header(int fd, ElfW(Ehdr) * header)
{
    const int word = sizeof(gpointer) == 8 ? ELFCLASS64 : ELFCLASS32;
    const int order = G_BYTE_ORDER == G_LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;

    return read_at(fd, header, sizeof(*header), 0) &&
           memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_ident[EI_CLASS] == word &&
           header->e_ident[EI_DATA] == order && header->e_phentsize == sizeof(ElfW(Phdr)) &&
           header->e_phnum <= MAX_SEGMENTS;
}

static char *
to_hex(const guint8 *bytes, gsize size)
{
    GString *text = g_string_sized_new(size * 2 + 1);

    for (gsize i = 0; i < size; i++) {
        g_string_append_printf(text, "%02x", bytes[i]);
    }
    return g_string_free(text, FALSE);
}

/* Names and descriptions are padded to four bytes. Neither is longer than the notes themselves. */
static gsize
padded(gsize size)
{
    return (size + 3) & ~(gsize)3;
}

/* The build ID among @size bytes of @notes, or NULL. */
static char *
find_in_notes(const guint8 *notes, gsize size)
{
    ElfW(Nhdr) note;
    gsize at = 0;

    while (size - at >= sizeof(note)) {
        gsize name, content;

        memcpy(&note, notes + at, sizeof(note));
        name = at + sizeof(note);
        if (note.n_namesz > size || note.n_descsz > size) {
            return NULL;
        }
        content = name + padded(note.n_namesz);
        if (content > size || note.n_descsz > size - content) {
            return NULL;
        }
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof(ELF_NOTE_GNU) &&
            memcmp(notes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)) == 0) {
            return note.n_descsz > 0 && note.n_descsz <= MAX_ID_BYTES
                       ? to_hex(notes + content, note.n_descsz)
                       : NULL;
        }
        at = MIN(content + padded(note.n_descsz), size);
    }
    return NULL;
}

/* The build ID in @segment, or NULL. */
static char *
find_in_segment(int fd, const ElfW(Phdr) * segment)
{
    g_autofree guint8 *notes = NULL;

    if (segment->p_type != PT_NOTE || segment->p_filesz > MAX_NOTE_BYTES) {
        return NULL;
    }
    notes = g_malloc(segment->p_filesz);
    return read_at(fd, notes, segment->p_filesz, segment->p_offset)
               ? find_in_notes(notes, segment->p_filesz)
               : NULL;
}

char *
virtcpu_build_id_read(int fd)
{
    ElfW(Ehdr) header;
    ElfW(Phdr) segments[MAX_SEGMENTS];
    char *id = NULL;

    if (!read_header(fd, &header) ||
        !read_at(fd, segments, header.e_phnum * sizeof(segments[0]), header.e_phoff)) {
        return NULL;
    }
    for (unsigned i = 0; i < header.e_phnum && id == NULL; i++) {
        id = find_in_segment(fd, &segments[i]);
    }
    return id;
}
