import type { Say } from "./made.ts";

/** What an app or an agent could write to get out of the place where a report shows it. */
export const HOSTILE: readonly string[] = [
  "<script>window.hit=1;alert(1)</script>",
  "</script><script>window.hit=1</script>",
  "<!--<script>",
  "--><img src=x onerror=window.hit=1>",
  '"><img src="https://evil.example/p.png" onerror="window.hit=1">',
  "' onmouseover='window.hit=1",
  "<svg onload=window.hit=1>",
  "<iframe src=javascript:parent.hit=1></iframe>",
  "<style>*{display:none!important;background:url(https://evil.example/c)}</style>",
  "<link rel=stylesheet href=https://evil.example/a.css>",
  "<base href=https://evil.example/><meta http-equiv=refresh content=0;url=https://evil.example>",
  "javascript:window.hit=1",
  "{{constructor.constructor('window.hit=1')()}} $\u007bwindow.hit=1}",
  "</textarea></title></style></noscript><b>out</b>",
  "__proto__",
  "\u202egnp.exe\u202c and \u2066iso\u2069 \u200f\u200e",
  "zero\u200bwidth\u2060joined\ufeffmark",
  "\u001b[31mred\u001b[0m\u001b]0;title\u0007\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007",
  "\u001b[2J\u001b[H\u001bc cleared",
  "nul\u0000bell\u0007back\b\b\bdel\u007fcsi\u009b31mnel\u0085",
  "line\rreturned over\r\nand\nnew lines\u2028sep\u2029par\tTab",
  "\ud800 lone \udc00 surrogates",
  "\u{e0001}\u{e0074}\u{e0061}\u{e0067} tag characters",
  "Z\u0351\u0302\u0353a\u0351\u0302\u0353l\u0351\u0302\u0353go\u0351\u0302\u0353",
  '=HYPERLINK("https://evil.example";"click")',
  "+1+cmd|' /C calc'!A0",
  "-2+3",
  "@SUM(A1)",
  "\t=1+1",
  "\r=1+1",
  "| a | b |\n|---|---|\n| c |",
  "# heading\n\n- list\n```\nfence\n````\n~~~",
  "[link](https://evil.example) ![image](https://evil.example/i.png) <https://evil.example> www.evil.example",
  "`code` ``two`` **bold** _em_ ~~gone~~ $math$ &lt;b&gt; &#60;b&#62; @everyone",
  "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u6f22\u5b57 \ud83d\ude80",
  "]]><x/><![CDATA[",
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
  "&#0;&#x1b;&amp;lt;script&amp;gt;",
  "\ufffe\uffff not XML",
  "\n::error file=app.js,line=1::made up\r\n::set-output name=x::1",
  "::add-mask::secret%0A::stop-commands::x",
  "##vso[task.setvariable variable=x]1",
  '"},"ruleId":"X","level":"none',
  "../../../../etc/passwd",
  "..\\..\\windows\\system32",
  "file:///etc/passwd?x#y",
  "%00%0d%0aSet-Cookie: a=b",
  "C:\\con\\aux:stream",
  "'; DROP TABLE verdicts; --",
  "$(touch /tmp/hit) `touch /tmp/hit` ; touch /tmp/hit #",
  "\\u003cscript\\u003e \\x3c",
  "@import url(https://evil.example/a.css); } body { display: none",
  "</pre></code></details></table><h1>out</h1>",
  "<details open ontoggle=window.hit=1>",
  "<math><mtext></mtext><mglyph><svg><style><img src=x onerror=window.hit=1>",
  '<a href="data:text/html,<script>top.hit=1</script>">x</a>',
  "<template shadowrootmode=open><script>window.hit=1</script></template>",
  "\u001bP1$tq\u001b\\ \u001b_apc\u001b\\ \u001b^pm\u001b\\ \u001bX sos",
  "\u001b]52;c;aGl0\u0007 \u001b]2;owned\u001b\\ \u001b[?1049h\u001b[6n",
  "\u009d0;title\u009c \u0090q\u009c \u008d\u0084",
  "\u000e\u000f\u000b\u000c shift, vertical tab, form feed",
  "\u202a\u202b\u202d\u2067\u2068 every embedding",
  "a\u0300\u0301\u0302\u0303\u0304 \u180e\u3164\uffa0\u115f invisible letters",
  "\ufff9 interlinear \ufffa notes \ufffb",
  "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u{1f1e9}\u{1f1ea} \ufe0f joined",
  Buffer.from([0xc3, 0x28, 0xff, 0xfe, 0xf0, 0x9f, 0x98, 0xe2, 0x82, 0x00, 0xc0, 0xaf]).toString("utf8"),
  Buffer.from([0x68, 0xe9, 0x80, 0x1b, 0x9b, 0xad]).toString("latin1"),
  "constructor",
  "toString",
  "undefined null NaN true [object Object]",
  "|=cmd|' /C calc'!A0",
  "\u00a0=1+1",
  "\uff1d1+1 \uff0b1 \uff0d1 \uff20a",
  "'=1+1",
  `long${"x".repeat(3000)}`,
  `wide${"\u6f22".repeat(200)}`,
];

/** Adds one hostile string after another to every text; some start with it, as formulas must. */
export function hostileSay(): Say {
  let i = 0;
  return (text) => {
    const hostile = HOSTILE[i % HOSTILE.length] ?? "";
    i += 1;
    return i % 2 ? `${hostile} ${text}` : `${text} ${hostile}`;
  };
}

/** Puts every hostile string into every text. */
export const allOfThem: Say = (text) => `${text} ${HOSTILE.join(" ")} ${text}`;

/** What a terminal, or a reader's eye, must never meet raw. Line feeds are fine. */
export const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
