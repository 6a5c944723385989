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

/** What a terminal, or a reader's eye, must never meet raw. Line feeds are fine. */
export const UNSAFE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
