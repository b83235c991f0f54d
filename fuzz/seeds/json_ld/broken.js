/*<![CDATA[*/ window.data = {"@type": "Article",, "headline": "A "quoted"
word \ud83d \x41 \q", /* ours */ "n": [NaN, -Infinity, undefined,], }; /*]]>*/