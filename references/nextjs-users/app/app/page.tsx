export default function Page() { return <h1>Team directory</h1>; }
