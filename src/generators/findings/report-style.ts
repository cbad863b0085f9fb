/** The look of the report: readable in light and dark, on paper and on a phone. */
export const REPORT_STYLE = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6675; --line: #d9dee6; --fill: #3f6fb5; --ground: #fff; --good: #2f7d4f; --fair: #b7791f; --poor: #b83232; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a3adbb; --line: #343c49; --fill: #7aa7e8; --ground: #14181f; --good: #63b985; --fair: #e0ab55; --poor: #ef8080; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; }
h2 { font-size: 20px; margin: 36px 0 8px; padding-top: 8px; border-top: 1px solid var(--line); }
h3 { font-size: 16px; margin: 20px 0 6px; }
.lead, small, th { color: var(--soft); }
a { color: var(--fill); }
.wide, .chart { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; min-width: 110px; }
.number { font-variant-numeric: tabular-nums; }
.notices { border-left: 4px solid var(--fair); margin: 8px 0; padding: 4px 0 4px 24px; }
.bar { display: inline-block; width: 80px; height: 10px; background: var(--line); border-radius: 5px; overflow: hidden; }
.bar span { display: block; height: 100%; background: var(--fill); }
svg { display: block; font: 11px system-ui, sans-serif; }
svg text { fill: var(--ink); }
svg .small { fill: var(--soft); font-size: 10px; }
svg rect { fill: var(--fill); }
svg rect.good { fill: var(--good); } svg rect.fair { fill: var(--fair); } svg rect.poor { fill: var(--poor); }
svg line { stroke: var(--ink); } svg .thin { stroke-width: 1; opacity: .5; } svg .thick { stroke-width: 3; opacity: .5; } svg .median { stroke-width: 2; }
@media print { h2 { break-after: avoid; } tr { break-inside: avoid; } }
`;
