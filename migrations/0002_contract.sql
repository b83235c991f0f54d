-- Schema news: what other programs may rely on. It has views and functions only. Columns are added,
-- never changed. Role news_reader may read this schema and nothing else.

CREATE SCHEMA IF NOT EXISTS news;


-- Full-text search -------------------------------------------------------------------------------

-- Text is stemmed in the article's own language where the server knows it. '' stands for all others.
--
-- The bodies of these functions are parsed here and not at each call, so no search_path and no
-- object of a caller has an effect on what they mean. A SET clause would do the same, but then the
-- planner could not inline them.
CREATE FUNCTION known_language(language text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN split_part(language, '-', 1) IN ('ar', 'da', 'de', 'el', 'en', 'es', 'fi', 'fr', 'hu', 'id',
        'it', 'lt', 'nl', 'no', 'pt', 'ro', 'ru', 'sv', 'tr') THEN split_part(language, '-', 1)
    WHEN split_part(language, '-', 1) = 'nb' THEN 'no'
    ELSE ''
END;

CREATE FUNCTION text_config(language text) RETURNS regconfig
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE wiresift.known_language(language)
    WHEN 'ar' THEN 'pg_catalog.arabic'::regconfig
    WHEN 'da' THEN 'pg_catalog.danish'::regconfig
    WHEN 'de' THEN 'pg_catalog.german'::regconfig
    WHEN 'el' THEN 'pg_catalog.greek'::regconfig
    WHEN 'en' THEN 'pg_catalog.english'::regconfig
    WHEN 'es' THEN 'pg_catalog.spanish'::regconfig
    WHEN 'fi' THEN 'pg_catalog.finnish'::regconfig
    WHEN 'fr' THEN 'pg_catalog.french'::regconfig
    WHEN 'hu' THEN 'pg_catalog.hungarian'::regconfig
    WHEN 'id' THEN 'pg_catalog.indonesian'::regconfig
    WHEN 'it' THEN 'pg_catalog.italian'::regconfig
    WHEN 'lt' THEN 'pg_catalog.lithuanian'::regconfig
    WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig
    WHEN 'no' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'pt' THEN 'pg_catalog.portuguese'::regconfig
    WHEN 'ro' THEN 'pg_catalog.romanian'::regconfig
    WHEN 'ru' THEN 'pg_catalog.russian'::regconfig
    WHEN 'sv' THEN 'pg_catalog.swedish'::regconfig
    WHEN 'tr' THEN 'pg_catalog.turkish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig
END;

-- Two lexemes that no text has lead a search to the articles of a language, and to those that were
-- filed at about one time: ids grow with time. So a search for a frequent word need not read all the
-- articles that have it.
CREATE FUNCTION language_key(language text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '@' || wiresift.known_language(language);
CREATE FUNCTION block_key(block bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN '@' || block;

-- Only the indexes hold these vectors. Stored with the articles they would be as large as the texts.
--
-- The text is cut: a tsvector may hold one megabyte, and a page on which no word repeats must still
-- be filed.
--
-- Functions in plpgsql are not inlined. So the planner knows what a vector costs, and never computes
-- those of a whole table.
CREATE FUNCTION text_vector(id bigint, language text, title text, body text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100000
SET search_path = wiresift, pg_catalog, pg_temp AS $$
BEGIN
    RETURN to_tsvector(text_config(language), left(title, 1000) || E'\n' || left(body, 100000))
        || array_to_tsvector(ARRAY[language_key(language), block_key(id / 16384)]);
END
$$;
CREATE FUNCTION title_vector(id bigint, language text, title text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000
SET search_path = wiresift, pg_catalog, pg_temp AS $$
BEGIN
    RETURN to_tsvector(text_config(language), left(title, 1000))
        || array_to_tsvector(ARRAY[language_key(language), block_key(id / 16384)]);
END
$$;

-- An insert adds to a list of pending entries, and the one that fills it merges it into the index.
-- With the usual 4 MB that takes a second.
CREATE INDEX articles_text ON articles USING gin (text_vector(id, language, title, body))
    WITH (gin_pending_list_limit = 512) WHERE copy_of IS NULL;
CREATE INDEX articles_title ON articles USING gin (title_vector(id, language, title))
    WITH (gin_pending_list_limit = 512) WHERE copy_of IS NULL;
-- Statistics of the vectors would be computed anew from the texts of 30,000 articles each time.
ALTER INDEX articles_text ALTER COLUMN 1 SET STATISTICS 0;
ALTER INDEX articles_title ALTER COLUMN 1 SET STATISTICS 0;


-- Phrases ----------------------------------------------------------------------------------------

-- The indexes know which articles have the words of a phrase, but not whether these are next to each
-- other. A vector tells it, and takes more than a millisecond to compute. So a pattern leaves out
-- most articles first, in a tenth of the time: the beginnings of the words, next to each other.
--
-- What a word may have begun with that a stemmer has made this of: a regular expression in which case
-- is not distinguished.
CREATE FUNCTION spellings(stem text, language text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT coalesce(string_agg(coalesce('[' || alike.letters || ']', l.letter) || CASE
               -- Of "ß" it makes "ss", and newer ones make "a" of "ae".
               WHEN language = 'de' AND l.letter = 's' THEN '?'
               WHEN language = 'de' AND l.letter IN ('a', 'o', 'u') THEN 'e?'
               ELSE '' END, '' ORDER BY l.number), '')
    FROM regexp_split_to_table(nullif(stem, ''), '') WITH ORDINALITY AS l (letter, number)
    LEFT JOIN LATERAL (
        -- Letters that stemmers make of each other, and those in upper case that regular expressions
        -- do not take for the same letter.
        SELECT a.letters FROM unnest(ARRAY['aàáâãäåāăąÅ', 'cçćč', 'eèéêëēėęě', 'iìíîïīįıİyýÿ', 'kK',
            'nñ', 'oòóôõöøōő', 'sßẞșşśš', 'tțţ', 'uùúûüūůűų', 'yýÿi', 'zžźż', 'ßẞ', 'ǆǅ', 'ǉǈ', 'ǌǋ',
            'ǳǲ', 'её', 'αά', 'εέ', 'ηήιίϊΐ', 'θϴ', 'οό', 'σς', 'υύϋΰ', 'ωώΩ']) AS a (letters)
        WHERE strpos(a.letters, l.letter) > 0 LIMIT 1
    ) AS alike ON true
);

-- What begins each word of a lexeme, as such an expression. It is empty if they may have nothing in
-- common, and null if the lexeme is no plain word.
--
-- The stemmers of the server change the end of a word, often with one letter or two before it, and
-- drop accents. Those of Turkish and Lithuanian change the only letter that is left of a word, and
-- the Finnish one removes a double consonant before vowels. The Indonesian one removes prefixes too.
-- The Arabic one changes letters anywhere; and so does the Dutch one of PostgreSQL 18.
CREATE FUNCTION word_start(lexeme text, language text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    stem text := left(lexeme, least(length(lexeme) - CASE
        WHEN language IN ('da', 'de', 'en', 'no', 'ru', 'sv') THEN 1 ELSE 2 END, 8));
BEGIN
    IF lexeme !~ '^[[:alnum:]]+$' OR language = 'ar'
        OR language = 'nl' AND current_setting('server_version_num')::integer >= 180000 THEN
        RETURN NULL;
    ELSIF language = '' OR lexeme ~ '[0-9]' THEN
        -- Not stemmed.
        RETURN spellings(lexeme, '');
    ELSIF language = 'fi' THEN
        stem := regexp_replace(stem, '[aeiouyäö]+$', '');
    ELSIF language = 'id' THEN
        RETURN '[[:alnum:]]*' || spellings(substr(stem, 2), language);
    ELSIF stem = '' AND language NOT IN ('tr', 'lt') THEN
        stem := left(lexeme, 1);
    END IF;
    RETURN spellings(stem, language);
END
$$;

-- A regular expression for texts that may have a phrase, which is written as Postgres writes a
-- tsquery. It stands for the longest part that consists of plain words, which may be the whole; and
-- it is empty if there is no such part of two words.
CREATE FUNCTION phrase_pattern(phrase text, language text, OUT pattern text, OUT is_whole boolean)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    most integer := 1;
    part text := '';
    words integer := 0;
    all_words integer := 0;
    lexeme text[];
    start text;
    distance integer;
BEGIN
    pattern := '';
    FOR lexeme IN
        SELECT regexp_matches(phrase, '(?:<(-|\d+)> )?''((?:[^'']|'''')+)''', 'g')
    LOOP
        all_words := all_words + 1;
        start := word_start(lexeme[2], language);
        distance := CASE WHEN lexeme[1] = '-' THEN 1 ELSE lexeme[1]::integer END;
        IF start IS NULL THEN
            words := 0;
        ELSIF words = 0 OR distance > 9 THEN
            words := 1;
            part := start;
        ELSE
            words := words + 1;
            part := part || CASE
                WHEN distance = 1 THEN '[[:alnum:]]*[^[:alnum:]]+'
                -- With other words between them.
                ELSE format('\S*(?:\s[^[:alnum:]]*\S+){0,%s}(?:\s[^[:alnum:]]*\S*)?(?<![[:alnum:]])',
                            distance - 1) END || start;
        END IF;
        IF words > most THEN
            most := words;
            pattern := part;
        END IF;
    END LOOP;
    is_whole := most = all_words;
END
$$;

-- Where a text first has a phrase or word: the number of a character before it, with no space between
-- them. 0 stands for nowhere, and null for too many places that match the pattern alone.
--
-- Words end at white space, except in what the server's parser takes for a tag, an entity or the
-- protocol of an address. So a vector of the pieces between spaces has the words that the vector of
-- the text has there.
CREATE FUNCTION first_place(content text, pattern text, phrase tsquery, config regconfig)
RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    in_pieces CONSTANT text := '(?i)\S*(?:' || pattern || ')\S*';
    rest text := content;
    passed integer := 0;
    hit text;
    skipped integer;
BEGIN
    FOR attempt IN 1 .. 30 LOOP
        hit := substring(rest FROM in_pieces);
        IF hit IS NULL THEN
            RETURN 0;
        ELSIF to_tsvector(config, hit) @@ phrase THEN
            RETURN passed + strpos(rest, hit);
        END IF;
        -- The phrase may begin with the second piece.
        skipped := strpos(rest, hit) + length(substring(hit FROM '^\s*\S+')) - 1;
        passed := passed + skipped;
        rest := substr(rest, skipped + 1);
    END LOOP;
    RETURN NULL;
END
$$;

-- A part of a query: what the indexes are asked for, and the phrases that a text must have, or
-- (wanted is false) must not have, with their patterns. A pattern may stand for a part of its phrase
-- (is_whole is false).
CREATE TYPE query_part AS (
    language text,
    in_index tsquery,
    phrases tsquery[],
    patterns text[],
    is_whole boolean[],
    wanted boolean[]
);

-- The alternatives of a query, as websearch_to_tsquery writes it: each has words and phrases, with
-- or without a negation, all of which must hold. Those without phrases are one part.
CREATE FUNCTION query_parts(q tsquery, language text) RETURNS SETOF query_part
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    -- Lexemes have no spaces.
    word CONSTANT text := '''(?:[^''\s]|'''')+''';
    phrase CONSTANT text := word || '(?: <(?:-|\d+)> ' || word || ')+';
    literal CONSTANT text := format('(?:!?%s|%s|!\( %s \))', word, phrase, phrase);
    part query_part;
    alternative text;
    words text[];
    without_phrase text[] := '{}';
    piece text;
BEGIN
    IF strpos(q::text, ' <') = 0 OR q::text !~ format('^%s(?: [&|] %s)*$', literal, literal) THEN
        RETURN NEXT ROW(language, q, '{}', '{}', '{}', '{}')::query_part;
        RETURN;
    END IF;
    FOREACH alternative IN ARRAY string_to_array(q::text, ' | ') LOOP
        IF strpos(alternative, ' <') = 0 THEN
            without_phrase := without_phrase || alternative;
            CONTINUE;
        END IF;
        part := ROW(language, NULL, '{}', '{}', '{}', '{}')::query_part;
        words := '{}';
        FOREACH piece IN ARRAY string_to_array(alternative, ' & ') LOOP
            IF strpos(piece, ' <') = 0 THEN
                words := words || piece;
                CONTINUE;
            END IF;
            part.wanted := part.wanted || NOT starts_with(piece, '!');
            IF starts_with(piece, '!') THEN
                piece := substr(piece, 4, length(piece) - 5);
            ELSE
                words := words || regexp_replace(piece, ' <(-|\d+)> ', ' & ', 'g');
            END IF;
            part.phrases := part.phrases || piece::tsquery;
            SELECT part.patterns || p.pattern, part.is_whole || p.is_whole
            INTO part.patterns, part.is_whole
            FROM phrase_pattern(piece, language) AS p;
        END LOOP;
        part.in_index := nullif(array_to_string(words, ' & '), '')::tsquery;
        RETURN NEXT part;
    END LOOP;
    IF cardinality(without_phrase) > 0 THEN
        RETURN NEXT ROW(language, array_to_string(without_phrase, ' | ')::tsquery,
                        '{}', '{}', '{}', '{}')::query_part;
    END IF;
END
$$;

-- Whether a text has the phrases of a part of a query, and none of those that it must not have.
CREATE FUNCTION phrases_hold(content text, part query_part) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    not_plain CONSTANT text := '<[^\s[:digit:]]|&\S|://';
    config CONSTANT regconfig := text_config(part.language);
    pattern text;
    place integer;
    holds boolean;
BEGIN
    FOR number IN 1 .. cardinality(part.phrases) LOOP
        pattern := part.patterns[number];
        holds := NULL;
        IF pattern <> '' AND content !~* (pattern || '|' || not_plain) THEN
            holds := false;
        ELSIF pattern <> '' AND content !~ not_plain THEN
            place := first_place(content, pattern, part.phrases[number], config);
            holds := CASE WHEN place > 0 THEN true
                          WHEN place = 0 AND part.is_whole[number] THEN false END;
        END IF;
        IF coalesce(holds, to_tsvector(config, content) @@ part.phrases[number])
            <> part.wanted[number] THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END
$$;


-- Highlights -------------------------------------------------------------------------------------

-- What a highlight is to show: the phrases and words of a query that are not negated, five at most,
-- and (in_index) any of them.
CREATE FUNCTION shown_part(q tsquery, language text) RETURNS query_part
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = wiresift, pg_catalog, pg_temp AS $$
    SELECT ROW(language, string_agg(p.phrase, ' | ')::tsquery, array_agg(p.phrase::tsquery),
               array_agg(p.pattern), '{}', '{}')::query_part
    FROM (
        SELECT m.hit[2] AS phrase, CASE
                   WHEN strpos(m.hit[2], ' <') > 0
                       THEN nullif((phrase_pattern(m.hit[2], language)).pattern, '')
                   ELSE '(?<![[:alnum:]])' || word_start(btrim(m.hit[2], ''''), language)
               END AS pattern
        FROM regexp_matches(q::text,
            '(!?)(?:\( )?(''(?:[^''\s]|'''')+''(?: <(?:-|\d+)> ''(?:[^''\s]|'''')+'')*)', 'g')
            WITH ORDINALITY AS m (hit, place)
        WHERE m.hit[1] = '' ORDER BY m.place LIMIT 5
    ) AS p
    WHERE p.pattern IS NOT NULL
$$;

-- What a highlight is made of: the surroundings of the first place of each word and phrase, or else
-- the beginning. The server needs a millisecond for the highlight of a whole text.
CREATE FUNCTION excerpt(content text, shown query_part) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE COST 10000
SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    config CONSTANT regconfig := text_config(shown.language);
    places integer[] := '{}';
    place integer;
    start integer;
    -- The first character that is not taken yet.
    rest integer := 1;
    until integer;
    taken text := '';
BEGIN
    FOR number IN 1 .. coalesce(cardinality(shown.patterns), 0) LOOP
        places := places
            || first_place(content, shown.patterns[number], shown.phrases[number], config);
    END LOOP;
    FOREACH place IN ARRAY ARRAY(SELECT p FROM unnest(places) AS p WHERE p > 0 ORDER BY p) LOOP
        -- From a space to a space.
        start := place - 150;
        start := start + strpos(substr(content, greatest(start, 1), 60), ' ');
        until := place + 250;
        until := greatest(until + strpos(substr(content, until, 60), ' '), rest);
        IF start > rest THEN
            taken := taken || CASE WHEN taken <> '' THEN ' ... ' ELSE '' END;
        ELSE
            start := rest;
        END IF;
        taken := taken || substr(content, start, until - start);
        rest := until;
    END LOOP;
    RETURN CASE WHEN taken = '' THEN left(content, 2500) ELSE taken END;
END
$$;


-- HTML -------------------------------------------------------------------------------------------

-- A text with paragraphs as HTML, without the first tag and the last one.
CREATE FUNCTION inner_html(body text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN replace(replace(replace(replace(replace(replace(
    body, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;'),
    E'\n\n', E'</p>\n<p>');

-- The HTML of a body and its markup. src/store/articles/markup.rs describes the markup.
CREATE FUNCTION body_html(body text, markup text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN markup IS NULL AND body = '' THEN ''
    WHEN markup IS NULL THEN '<p>' || wiresift.inner_html(body) || E'</p>\n'
    WHEN left(markup, 1) = '<' THEN markup
    ELSE coalesce((
        SELECT string_agg(
                   tags || wiresift.inner_html(substr(plain, (until - taken)::integer + 1, taken)),
                   '' ORDER BY number)
        -- Uncompressed once, and not for each segment.
        FROM (SELECT body || '' AS plain OFFSET 0) AS uncompressed, (
            SELECT number, split_part(segment, E'\x1f', 3) AS tags,
                   split_part(segment, E'\x1f', 2)::integer AS taken,
                   sum(split_part(segment, E'\x1f', 1)::integer
                       + split_part(segment, E'\x1f', 2)::integer) OVER (ORDER BY number) AS until
            FROM unnest(string_to_array(markup, E'\x1e')) WITH ORDINALITY AS s (segment, number)
        ) AS segments), '')
END;


-- Stored values in full --------------------------------------------------------------------------

-- What a page declares about use, with what it does not declare.
CREATE FUNCTION whole_rights(rights jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '{"no_ai": false, "no_index": false, "paywalled": false, "no_archive": false}'::jsonb || rights;

-- The removed blocks of a revision. src/store/articles/removed.rs describes how they are stored.
CREATE FUNCTION removed_blocks(removed text)
RETURNS TABLE ("position" integer, text text, reason text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT (b.number - 1 + sum(CASE WHEN b.skipped = '' THEN 0 ELSE b.skipped::integer END)
                OVER (ORDER BY b.number ROWS UNBOUNDED PRECEDING))::integer, b.text, b.reason
    FROM (
        SELECT s.number, split_part(s.block, E'\x1f', 1) AS text,
               split_part(s.block, E'\x1f', 2) AS reason, split_part(s.block, E'\x1f', 3) AS skipped
        FROM unnest(string_to_array(rtrim(removed, E'\x1d'), E'\x1e')) WITH ORDINALITY AS s (block, number)
    ) AS b;
END;


-- Views ------------------------------------------------------------------------------------------

-- Originals and copies.
CREATE VIEW news.all_articles AS
    SELECT a.id, a.url, a.host, a.title, a.body, a.summary,
           wiresift.body_html(a.body, a.markup) AS body_html, a.byline, a.language, a.published_at,
           a.modified_at, a.published_source, a.first_seen_at, a.updated_at, a.image_url, a.tags,
           a.word_count, a.revision, s.story_id, a.copies, a.quality,
           wiresift.whole_rights(a.rights) AS rights, a.copy_of,
           a.similarity, a.site_name, a.section, a.declared_language, a.published_offset,
           a.is_paywalled, a.no_ai, a.licence, a.provenance, a.kind,
           coalesce(a.agency, '{}') AS agency, a.has_page, a.doubt
    FROM wiresift.articles a LEFT JOIN wiresift.story_articles s ON s.article_id = a.id;

-- Originals only.
CREATE VIEW news.articles AS
    SELECT a.id, a.url, a.host, a.title, a.body, a.summary,
           wiresift.body_html(a.body, a.markup) AS body_html, a.byline, a.language, a.published_at,
           a.modified_at, a.published_source, a.first_seen_at, a.updated_at, a.image_url, a.tags,
           a.word_count, a.revision, s.story_id, a.copies, a.quality,
           wiresift.whole_rights(a.rights) AS rights, a.site_name,
           a.section, a.declared_language, a.published_offset, a.is_paywalled, a.no_ai, a.licence,
           a.provenance, a.kind, coalesce(a.agency, '{}') AS agency, a.has_page, a.doubt
    FROM wiresift.articles a LEFT JOIN wiresift.story_articles s ON s.article_id = a.id
    WHERE a.copy_of IS NULL;

-- Which feeds showed an article, and what they said of it.
CREATE VIEW news.sightings AS
    SELECT e.article_id, f.url AS feed_url, e.guid AS entry_guid, e.url AS entry_url, e.title,
           e.summary, e.first_seen_at, e.last_seen_at
    FROM wiresift.entries e JOIN wiresift.feeds f ON f.id = e.feed_id
    WHERE e.article_id IS NOT NULL;

CREATE VIEW news.revisions AS
    SELECT r.article_id, r.revision, r.kind::text AS kind, r.reason::text AS reason,
           coalesce(r.title, a.title) AS title, coalesce(r.body, a.body) AS body, r.seen_at
    FROM wiresift.revisions r JOIN wiresift.articles a ON a.id = r.article_id;

-- Blocks of the page that were left out of the body, with the reason.
CREATE VIEW news.removed AS
    SELECT r.article_id, r.revision, b.position, b.text, b.reason
    FROM wiresift.revisions r, LATERAL wiresift.removed_blocks(r.removed) AS b;

-- What was learned about the sites whose articles were read, and how well extraction goes there.
CREATE VIEW news.sites AS
    SELECT h.source AS site, h.articles, h.agreement, h.doubtful, h.changed_at, h.judged_at,
           coalesce(m.blocks, 0) AS known_blocks, m.made_at AS learned_at
    FROM wiresift.site_health h
    LEFT JOIN LATERAL (
        SELECT blocks, made_at FROM wiresift.site_memories m
        WHERE m.source = h.source ORDER BY id DESC LIMIT 1) AS m ON true;

-- Each original with its copies: position 1 is the article that was seen first.
CREATE VIEW news.lineage AS
    SELECT o.id AS original_id, m.position, m.id AS article_id, m.url, m.host, m.title,
           m.published_at, m.first_seen_at, coalesce(m.similarity, 1::real) AS similarity,
           coalesce(m.kept, 1::real) AS kept, coalesce(m.added, 0::real) AS added,
           e.other_id AS joined_to, e.joined_at, e.evidence
    FROM wiresift.articles o
    CROSS JOIN LATERAL (
        SELECT row_number() OVER (ORDER BY a.first_seen_at, a.id) AS position, a.*
        FROM wiresift.articles a WHERE a.id = o.id OR a.copy_of = o.id
    ) AS m
    LEFT JOIN LATERAL (
        SELECT other_id, joined_at, evidence FROM wiresift.copy_edges
        WHERE article_id = m.id ORDER BY strength DESC, other_id LIMIT 1
    ) AS e ON true
    WHERE o.copy_of IS NULL AND o.copies > 0;

-- The counts leave copies out.
CREATE VIEW news.stories AS
    SELECT s.id, h.title, m.articles, m.sources, m.first_published_at, m.last_published_at,
           s.language, s.headline_id, s.updated_at
    FROM wiresift.stories s
    JOIN wiresift.articles h ON h.id = s.headline_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS articles, count(DISTINCT a.host) AS sources,
               min(a.published_at) AS first_published_at, max(a.published_at) AS last_published_at
        FROM wiresift.story_articles t JOIN wiresift.articles a ON a.id = t.article_id
        WHERE t.story_id = s.id AND a.copy_of IS NULL
    ) AS m;

-- Articles of two languages about one event, in both directions.
CREATE VIEW news.links AS
    SELECT l.article_id, l.other_id, a.language AS other_language, s.story_id AS other_story_id,
           l.likeness, l.linked_at
    FROM (SELECT article_id, other_id, likeness, linked_at FROM wiresift.story_links
          UNION ALL
          SELECT other_id, article_id, likeness, linked_at FROM wiresift.story_links) AS l
    JOIN wiresift.articles a ON a.id = l.other_id
    LEFT JOIN wiresift.story_articles s ON s.article_id = l.other_id;

CREATE VIEW news.feeds AS
    SELECT f.url, coalesce(f.name, f.title) AS name, f.tags, f.state::text AS state, f.last_poll_at,
           f.last_success_at, f.next_poll_at,
           -- The interval that the feed list fixes; "interval" is the present one.
           make_interval(secs => f.every_s) AS every,
           f.last_status, f.last_error, f.entries_seen AS entries,
           (SELECT count(*) FROM wiresift.entries e
            WHERE e.feed_id = f.id AND e.first_seen_at > now() - interval '7 days'
              AND e.state IN ('filed', 'revision')) AS articles_7d,
           -- Share of late polls that still found an entry of the poll before.
           (f.habits #>> '{continuity,coverage}')::real AS coverage,
           coalesce((f.habits #>> '{continuity,gaps}')::integer, 0) AS gaps,
           make_interval(secs => (f.habits ->> 'interval')::double precision) AS "interval",
           (f.habits #>> '{silence,last_at}')::timestamptz AS last_entry_at,
           f.moved_to, f.defects
    FROM wiresift.feeds f;

CREATE VIEW news.subscriptions AS
    SELECT f.url AS feed_url, s.hub, s.topic, s.state, s.trust, s.lease_ends_at, s.last_delivery_at,
           s.deliveries, s.dropped, s.last_error
    FROM wiresift.subscriptions s JOIN wiresift.feeds f ON f.id = s.feed_id;

CREATE VIEW news.events AS
    SELECT e.at, e.kind, f.url AS feed_url, e.host, e.detail
    FROM wiresift.events e LEFT JOIN wiresift.feeds f ON f.id = e.feed_id;

-- Every entry ever seen, by what became of it.
CREATE VIEW news.accounting AS
    SELECT state::text AS state, cause, count(*) AS entries
    FROM wiresift.entries GROUP BY state, cause
    UNION ALL
    SELECT 'forgotten', 'forgotten', entries FROM wiresift.forgotten WHERE entries > 0;


-- Functions --------------------------------------------------------------------------------------

-- They run with the rights of their owner, since news_reader may not use schema wiresift. Their
-- search_path ends with pg_temp. Where pg_temp is not named, Postgres looks there first for tables
-- and types, and a caller could put objects of its own in the place of ours.

-- The end of the log. "generation" changes when the database goes back to an earlier state, as far
-- as the server can see that. "token" is to be handed back to news.changes together with "seq".
CREATE FUNCTION news.head() RETURNS TABLE (generation integer, seq bigint, token text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT wiresift.present_generation(h), h.seq, h.token || '/' || h.seq || '/' || h.token
    FROM wiresift.change_head h
$$;

CREATE FUNCTION news.generation() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT wiresift.present_generation(h) FROM wiresift.change_head h
$$;

-- The changes after a number. A consumer keeps "seq" and "token" of the last row that it has
-- handled, and hands both back. The token tells whether the log still is the one that the consumer
-- has read. It goes back to an earlier state when a backup is restored, a snapshot of the machine
-- is put back, or a standby that lags takes over; and then other changes may get the same numbers.
--
-- A token has three parts: the token of the row, and number and token of the end of the log at the
-- time of the call. The latter two are there for the articles that a consumer reads in the same
-- statement: they may have changes already that the log reports in later rows.
CREATE FUNCTION news.changes(after bigint, at_most integer DEFAULT 1000,
                             after_token text DEFAULT NULL)
RETURNS TABLE (seq bigint, at timestamptz, kind text, article_id bigint, revision integer,
               other_id bigint, token text, story_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head wiresift.change_head;
    seen_end CONSTANT text := split_part(after_token, '/', 2);
    known boolean;
BEGIN
    SELECT * INTO STRICT head FROM wiresift.change_head;
    IF after IS NULL OR after < head.kept_from - 1 THEN
        RAISE EXCEPTION 'cursor_too_old: changes after % are asked for, the oldest kept is %',
            coalesce(after::text, 'nothing'), head.kept_from
            USING ERRCODE = 'WS001',
                  HINT = 'Read news.head(), then news.all_articles in one REPEATABLE READ '
                         'transaction, and go on from that seq and token.';
    END IF;
    IF after > head.seq THEN
        RAISE EXCEPTION 'cursor_ahead: changes after % are asked for, the newest is %',
            after, head.seq
            USING ERRCODE = 'WS002',
                  HINT = 'The database was restored to an earlier state. Read news.head(), then '
                         'news.all_articles in one REPEATABLE READ transaction, and go on from '
                         'that seq and token.';
    END IF;
    IF after_token IS NOT NULL THEN
        known := after_token ~ '^[^/]+/[0-9]{1,18}/[^/]+$'
            AND wiresift.token_at(head, after) = split_part(after_token, '/', 1)
            AND wiresift.token_at(head, seen_end::bigint) = split_part(after_token, '/', 3);
        IF known IS NOT TRUE THEN
            RAISE EXCEPTION 'another_history: change % is not the one that this token came with',
                after
                USING ERRCODE = 'WS003',
                      HINT = 'The database was restored to an earlier state, or this is another '
                             'copy of it. Read news.head(), then news.all_articles in one '
                             'REPEATABLE READ transaction, and go on from that seq and token.';
        END IF;
    END IF;
    RETURN QUERY
        SELECT c.seq, c.at, c.kind::text, c.article_id, c.revision, c.other_id,
               c.token || '/' || head.seq || '/' || head.token, c.story_id
        FROM wiresift.changes c
        WHERE c.seq > after
        ORDER BY c.seq
        LIMIT at_most;
END
$$;

-- Reports how far a consumer has read the change log, so that the operator sees one that is behind:
-- wiresift_consumer_behind_seconds in /metrics. It is up to the consumer to call it. There is one
-- position for each role. A report that is ahead of the log, or empty, is left out.
CREATE FUNCTION news.report_position(seq bigint) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO wiresift.consumers AS c (name, seq, at)
    SELECT session_user, report_position.seq, now() FROM wiresift.change_head h
    WHERE report_position.seq BETWEEN 0 AND h.seq
    ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, at = excluded.at
$$;

-- The newest originals that match a query, best match first. in_title: only titles are searched.
--
-- They are looked for among the newest 16,384 articles, then among more and more of the older ones,
-- until there are enough. So a frequent word costs no more than a rare one. They are ranked by title
-- and beginning, which say what an article is about.
--
-- For phrases 10,000 articles that have all the words are read, the newest first, about a second for
-- all. Where a pattern cannot be made, they are a thousand. If there are more, a notice tells it.
--
-- Without a language the query is stemmed in each that articles have, and each stemming is compared
-- only with articles in that language. '' stands for all languages that the server does not know.
-- Looking for a language that no article has takes as long as for another one.
--
-- The server goes a step deeper for each word of a query, so a query is cut at 2000 characters.
CREATE FUNCTION matches(query text, language text, at_most integer, in_title boolean)
RETURNS TABLE (article_id bigint, rank real, q tsquery, shown query_part)
LANGUAGE plpgsql STABLE SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    asked CONSTANT text := lower(split_part(language, '-', 1));
    wanted CONSTANT integer := least(greatest(coalesce(at_most, 50), 0), 1000);
    -- Those with a lower rank are left out.
    enough CONSTANT integer := wanted + 50;
    wanted_languages text[] := ARRAY[known_language(asked)];
    languages text[];
    queries tsquery[];
    parts query_part[];
    part query_part;
    -- How many more articles may be read for phrases.
    unread integer := 10000;
    candidates bigint[];
    at_once integer;
    have integer;
    oldest bigint;
    newest bigint;
    -- The articles with ids below this are not searched yet.
    rest bigint;
    blocks bigint := 1;
    in_blocks tsquery;
    in_language tsquery;
    found bigint[] := '{}';
BEGIN
    IF asked IS NULL THEN
        -- From one language to the next in the index. Sites name them, so there may be many.
        WITH RECURSIVE written AS (
            (SELECT a.language, 1 AS number FROM articles a
             WHERE a.copy_of IS NULL AND a.language IS NOT NULL ORDER BY a.language LIMIT 1)
            UNION ALL
            SELECT (SELECT a.language FROM articles a
                    WHERE a.copy_of IS NULL AND a.language > w.language
                    ORDER BY a.language LIMIT 1), w.number + 1
            FROM written w WHERE w.language IS NOT NULL AND w.number < 200
        )
        SELECT CASE
            WHEN max(w.number) < 200 THEN array_agg(DISTINCT known_language(w.language)) || ''::text
            ELSE ARRAY['ar', 'da', 'de', 'el', 'en', 'es', 'fi', 'fr', 'hu', 'id', 'it', 'lt', 'nl',
                       'no', 'pt', 'ro', 'ru', 'sv', 'tr', '']
        END INTO wanted_languages
        FROM written w;
    END IF;
    SELECT array_agg(s.name), array_agg(s.q) INTO languages, queries
    FROM (
        SELECT l AS name, websearch_to_tsquery(text_config(l), left(query, 2000)) AS q
        FROM (SELECT DISTINCT unnest(wanted_languages) AS l) AS wanted_language
    ) AS s
    -- A query of stop words alone is empty, and combined with another it would match anything.
    WHERE numnode(s.q) > 0;
    parts := ARRAY(
        SELECT p FROM unnest(languages, queries) AS u (name, q)
        CROSS JOIN LATERAL query_parts(u.q, u.name) AS p);
    SELECT min(a.id) / 16384 * 16384, (max(a.id) / 16384 + 1) * 16384, max(a.id)
    INTO oldest, rest, newest
    FROM articles a;
    WHILE rest > oldest AND cardinality(found) < enough LOOP
        blocks := least(blocks, (rest - oldest) / 16384);
        -- For more, the list of blocks would cost more than it saves.
        in_blocks := CASE WHEN blocks <= 256 THEN (
            SELECT string_agg(quote_literal(block_key(block)), ' | ')
            FROM generate_series(rest / 16384 - blocks, rest / 16384 - 1) AS block)::tsquery END;
        -- One part at a time, because the planner uses the index for one query and not for a set.
        FOREACH part IN ARRAY parts LOOP
            in_language := quote_literal(language_key(part.language))::tsquery;
            in_language := coalesce(part.in_index && in_language, in_language);
            in_language := coalesce(in_language && in_blocks, in_language);
            at_once := CASE WHEN part.phrases = '{}' THEN enough ELSE unread END;
            IF in_title THEN
                candidates := ARRAY(
                    SELECT a.id FROM articles a
                    WHERE title_vector(a.id, a.language, a.title) @@ in_language
                      AND a.copy_of IS NULL AND a.id < rest
                      AND (asked IS NULL OR split_part(a.language, '-', 1) = asked)
                    ORDER BY a.id DESC LIMIT at_once);
            ELSE
                candidates := ARRAY(
                    SELECT a.id FROM articles a
                    WHERE text_vector(a.id, a.language, a.title, a.body) @@ in_language
                      AND a.copy_of IS NULL AND a.id < rest
                      AND (asked IS NULL OR split_part(a.language, '-', 1) = asked)
                    ORDER BY a.id DESC LIMIT at_once);
            END IF;
            IF part.phrases = '{}' THEN
                found := found || candidates;
                CONTINUE;
            END IF;
            have := cardinality(found);
            FOR place IN 1 .. cardinality(candidates) BY 100 LOOP
                EXIT WHEN cardinality(found) - have >= enough OR unread <= 0;
                found := found || ARRAY(
                    SELECT a.id FROM articles a
                    WHERE a.id = ANY(candidates[place : place + 99])
                      AND phrases_hold(left(a.title, 1000) || CASE
                          WHEN in_title THEN '' ELSE E'\n' || left(a.body, 100000) END, part)
                    ORDER BY a.id DESC);
                unread := unread - CASE WHEN '' = ANY(part.patterns) THEN 1000 ELSE 100 END;
            END LOOP;
        END LOOP;
        rest := rest - blocks * 16384;
        have := cardinality(found);
        -- As many as probably have the rest: the newest block may have few articles, and the next
        -- ones thousands that match.
        blocks := least(blocks * 4, CASE WHEN have > 0 THEN greatest(
            ceil(1.2 * (enough - have) / have * (newest - rest) / 16384), 1) END);
        IF unread <= 0 AND cardinality(found) < enough THEN
            RAISE NOTICE 'search_incomplete: the articles that have the words of the phrase are too '
                'many to be read, and only the newest of them were';
            EXIT;
        END IF;
    END LOOP;
    RETURN QUERY
        WITH asked_in AS MATERIALIZED (
            SELECT l.name, l.q, shown_part(l.q, l.name) AS shown
            FROM unnest(languages, queries) AS l (name, q)
        )
        SELECT a.id, ts_rank(
                   setweight(to_tsvector(text_config(a.language), left(a.title, 1000)), 'A')
                   || setweight(to_tsvector(text_config(a.language), left(a.body, 500)), 'B'), u.q)
               AS rank, u.q, u.shown
        FROM articles a JOIN asked_in AS u ON u.name = known_language(a.language)
        WHERE a.id = ANY(found)
        ORDER BY 2 DESC, a.id DESC LIMIT wanted;
END
$$;

-- Full-text search among originals, best match first: 50 articles, or at_most, up to 1000.
CREATE FUNCTION news.search(query text, language text DEFAULT NULL, at_most integer DEFAULT 50)
RETURNS TABLE (article_id bigint, url text, title text, published_at timestamptz, rank real,
               highlight text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.url, a.title, a.published_at, m.rank,
           CASE WHEN strpos(any_of.highlight, '**') > 0 THEN any_of.highlight
                ELSE ts_headline(c.config, left(a.body, 100000), m.q, c.options) END
    FROM wiresift.matches(search.query, search.language, search.at_most, false) AS m
    JOIN wiresift.articles a ON a.id = m.article_id
    CROSS JOIN LATERAL (
        SELECT wiresift.text_config(a.language) AS config,
               'StartSel=**, StopSel=**, MaxFragments=2, MaxWords=30, MinWords=10' AS options,
               wiresift.excerpt(left(a.body, 100000), m.shown) AS excerpt OFFSET 0) AS c
    CROSS JOIN LATERAL (
        SELECT ts_headline(c.config, c.excerpt, m.q, c.options) AS highlight OFFSET 0) AS all_of
    -- The title may have the other words.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN strpos(all_of.highlight, '**') > 0 THEN all_of.highlight
                    ELSE ts_headline(c.config, c.excerpt, (m.shown).in_index, c.options)
               END AS highlight OFFSET 0) AS any_of
    ORDER BY m.rank DESC, a.id DESC
$$;

-- The same among titles.
CREATE FUNCTION news.search_titles(query text, language text DEFAULT NULL,
                                   at_most integer DEFAULT 50)
RETURNS TABLE (article_id bigint, url text, title text, published_at timestamptz, rank real,
               highlight text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.id, a.url, a.title, a.published_at, m.rank,
           ts_headline(wiresift.text_config(a.language), a.title, m.q,
                       'StartSel=**, StopSel=**, HighlightAll=true')
    FROM wiresift.matches(search_titles.query, search_titles.language, search_titles.at_most, true) AS m
    JOIN wiresift.articles a ON a.id = m.article_id
    ORDER BY m.rank DESC, a.id DESC
$$;


-- Rights -----------------------------------------------------------------------------------------

-- Postgres lets everybody execute a new function. This takes that back, also for 0001_schema.sql.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA wiresift FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA news FROM PUBLIC;

-- Nobody needs temporary objects in this database, and without them there is one way less to put
-- something in the place of ours. Only the owner of the database can do this; for other roles it is
-- a warning at most.
DO $$
BEGIN
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
EXCEPTION WHEN insufficient_privilege THEN NULL;
END
$$;

-- A role belongs to the whole server. It may exist already, another database may be creating it at
-- this moment, or we may not have the right to create it. None of these stops the migration.
DO $$
BEGIN
    CREATE ROLE news_reader NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE WARNING 'role news_reader could not be created: let an administrator create it and '
            'grant it USAGE on schema news, SELECT on its views and EXECUTE on its functions';
END
$$;
DO $$
BEGIN
    GRANT USAGE ON SCHEMA news TO news_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA news TO news_reader;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA news TO news_reader;
    -- Views call functions with the rights of the reader.
    GRANT EXECUTE ON FUNCTION inner_html, body_html, whole_rights, removed_blocks TO news_reader;
EXCEPTION WHEN undefined_object THEN NULL;
END
$$;

-- The pages of the console read in a role of Postgres that reads all tables. These are the functions
-- that their statements call.
GRANT EXECUTE ON FUNCTION known_language, text_config, language_key, block_key, text_vector,
    title_vector, spellings, word_start, phrase_pattern, first_place, query_parts, phrases_hold,
    shown_part, matches, inner_html, body_html, whole_rights, removed_blocks TO pg_read_all_data;
